import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { connectQmp } from '@image-api/qmp';
import type { Throttle } from '@image-api/qmp';
import type { Guest } from './guest.ts';

/** What moves through a disk of a guest, a second. */
export interface DiskSpeed {
  readonly readBytes: number;
  readonly writtenBytes: number;
  readonly reads: number;
  readonly writes: number;
}

export interface GuestLoad {
  readonly device: string;
  readonly blockBytes: number;
  /** How many readers and writers work at once, so that there is always one that waits. Default 3 of each. */
  readonly readers?: number;
  readonly writers?: number;
}

/** Have a guest read and write a disk without end, past its cache. Resolves to what ends that. */
export async function startGuestLoad(guest: Guest, load: GuestLoad): Promise<() => Promise<void>> {
  const { device, blockBytes, readers = 3, writers = 3 } = load;
  const go = `/tmp/go-${device}`;
  const loop = (words: string): string => `while [ -e ${go} ]; do dd ${words} bs=${blockBytes} count=256 2>/dev/null; done &\n`;
  const reading = loop(`if=/dev/${device} of=/dev/null iflag=direct`).repeat(readers);
  const writing = loop(`if=/dev/zero of=/dev/${device} oflag=direct conv=notrunc`).repeat(writers);
  await guest.run(`touch ${go}\nexec >/dev/null 2>&1\n${reading}${writing}`);
  return async () =>
    void (await guest.run(`rm ${go}\nwhile grep -qs '[/]dev/${device}' /proc/[0-9]*/cmdline; do sleep 0.1; done`, { deadlineMs: 60_000 }));
}

/** What its emulator counts, for each disk by the id of its device. Two looks at its monitor, which is free in between. */
export async function measureDisks(guest: Guest, seconds: number): Promise<Readonly<Record<string, DiskSpeed>>> {
  const before = await countDisks(guest);
  await delay(seconds * 1000);
  const after = await countDisks(guest);
  const elapsed = (after.atMs - before.atMs) / 1000;
  const rates = Object.entries(after.counts).map(([id, counts]) => {
    const rate = (index: number): number => ((counts[index] ?? 0) - (before.counts[id]?.[index] ?? 0)) / elapsed;
    return [id, { readBytes: rate(0), writtenBytes: rate(1), reads: rate(2), writes: rate(3) }] as const;
  });
  return Object.fromEntries(rates);
}

async function countDisks(guest: Guest): Promise<{ readonly atMs: number; readonly counts: Record<string, readonly number[]> }> {
  const qmp = await connectQmp(guest.qmpSocket);
  const stats = await qmp.execute('query-blockstats');
  const atMs = performance.now();
  await qmp.close();
  const entries = stats.map(({ qdev = '', stats: count }) => {
    const id = qdev.split('/')[3] ?? qdev;
    return [id, [count.rd_bytes, count.wr_bytes, count.rd_operations, count.wr_operations].map(Number)] as const;
  });
  return { atMs, counts: Object.fromEntries(entries) };
}

/** Run `imagectl throttle` on a disk of a guest, and read what it says is in force. Rejects when it fails. */
export async function throttleGuest(
  guest: Guest,
  action: 'show' | 'set' | 'clear',
  id: string,
  ...flags: readonly string[]
): Promise<Throttle> {
  const words = ['throttle', action, `qmp+unix://${guest.qmpSocket}?device=${id}`, '--json', ...flags];
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...words]);
  return JSON.parse(stdout) as Throttle;
}

const program = fileURLToPath(new URL('../../cli/bin/imagectl.js', import.meta.url));
