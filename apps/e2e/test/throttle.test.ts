import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { nbdDisk, rawDisk } from '../src/guest-args.ts';
import { measureDisks, startGuestLoad, throttleGuest } from '../src/guest-load.ts';
import type { DiskSpeed, GuestLoad } from '../src/guest-load.ts';
import { whyNoGuest } from '../src/guest-requirements.ts';
import { startGuest } from '../src/guest.ts';
import { shareOf, withStalls } from '../src/rates.ts';
import type { Guest } from '../src/guest.ts';

const mebibyte = 1024 * 1024;
const missing = whyNoGuest(['qemu-storage-daemon']);
const skipped = missing !== undefined && !process.env['CI'];

describe.skipIf(skipped)(`the disks of a running machine${skipped ? ` (skipped: ${missing})` : ''}`, () => {
  let folder = '';
  let guest: Guest;
  let daemon: ChildProcess;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'image-api-throttle-'));
    for (const name of ['file.raw', 'nbd.raw']) {
      await writeFile(join(folder, name), '');
      await truncate(join(folder, name), 32 * mebibyte);
    }
    const socket = join(folder, 'nbd');
    daemon = await serveNbd(join(folder, 'nbd.raw'), socket);
    guest = await startGuest({ disks: [rawDisk(join(folder, 'file.raw')), nbdDisk(`nbd+unix:///disk?socket=${socket}`)] });
  });
  afterAll(async () => {
    await guest?.kill();
    daemon?.kill();
    await rm(folder, { recursive: true, force: true });
  });

  describe.each([
    ['a file', 'virtio0', 'vda'],
    ['an NBD export', 'virtio1', 'vdb'],
  ])('on %s', (_, id, device) => {
    it('keep to bytes a second, read and written apart, changed while they work', async () => {
      await throttleGuest(guest, 'set', id, '--bps-read', '6MiB/s', '--bps-write', '3MiB/s');
      await load(id, { device, blockBytes: 65536 });
      await expectSpeed(ofDisk(id), { readBytes: 6 * mebibyte, writtenBytes: 3 * mebibyte });
      await throttleGuest(guest, 'set', id, '--bps-read', '2MiB/s');
      await expectSpeed(ofDisk(id), { readBytes: 2 * mebibyte, writtenBytes: 3 * mebibyte });
      await throttleGuest(guest, 'set', id, '--bps-read', 'none', '--bps-write', 'none', '--bps-total', '4MiB/s');
      await expectSpeed(inAll, { all: 4 * mebibyte });
      const free = await throttleGuest(guest, 'clear', id);
      expect(free.limits).toEqual({});
      expect((await measureDisks(guest, measureSeconds))[id]?.readBytes, 'read when nothing limits').toBeGreaterThan(8 * mebibyte);
    });

    it('keep to requests a second, read and written apart, changed while they work', async () => {
      await throttleGuest(guest, 'set', id, '--iops-read', '80', '--iops-write', '40');
      await load(id, { device, blockBytes: 4096 });
      await expectSpeed(ofDisk(id), { reads: 80, writes: 40 });
      await throttleGuest(guest, 'set', id, '--iops-write', '60');
      await expectSpeed(ofDisk(id), { reads: 80, writes: 60 });
    });
  });

  it('share the limits of a group', async () => {
    await throttleGuest(guest, 'set', 'virtio0', '--bps-total', '4MiB/s', '--group', 'both');
    const shared = await throttleGuest(guest, 'set', 'virtio1', '--group', 'both');
    expect(shared).toMatchObject({ limits: { 'bps-total': 4 * mebibyte }, group: 'both', sharedWith: ['virtio0'] });
    await load('virtio0', { device: 'vda', blockBytes: 65536, writers: 0 });
    await load('virtio1', { device: 'vdb', blockBytes: 65536, writers: 0 });
    await expectSpeed(inAll, { all: 4 * mebibyte });
    const { virtio0, virtio1 } = await measureDisks(guest, measureSeconds);
    expect(virtio0?.readBytes, 'the first of the two').toBeGreaterThan(mebibyte / 2);
    expect(virtio1?.readBytes, 'the second of the two').toBeGreaterThan(mebibyte / 2);
  });

  it('are not given limits that contradict each other, and the sentence names both', async () => {
    await throttleGuest(guest, 'set', 'virtio0', '--bps-total', '4MiB/s');
    const both = throttleGuest(guest, 'set', 'virtio0', '--bps-read', '1MiB/s');
    await expect(both).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^imagectl: bps-total and bps-read cannot .*\n$/) as string,
    });
    expect((await throttleGuest(guest, 'show', 'virtio0')).limits).toEqual({ 'bps-total': 4 * mebibyte });
    await throttleGuest(guest, 'clear', 'virtio0');
  });

  it('can be limited from the start, by what imagectl prints', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      ...[imagectl, 'throttle', 'print', '--as', 'qemu', '--bps-read', '5MB/s', '--bps-read-max', '8MB/s', '--bps-read-max-length', '3s'],
    ]);
    const drive = `if=none,id=drive,driver=null-co,size=32M,${stdout.trim()}`;
    const limited = await startGuest({ args: ['-drive', drive, '-device', 'virtio-blk-pci,drive=drive,id=limited'] });
    const { limits } = await throttleGuest(limited, 'show', 'limited');
    expect(limits).toEqual({ 'bps-read': 5_000_000, 'bps-read-max': 8_000_000, 'bps-read-max-length': 3 });
    await limited.kill();
  });

  async function load(id: string, what: GuestLoad): Promise<void> {
    const end = await startGuestLoad(guest, what);
    onTestFinished(async () => {
      await throttleGuest(guest, 'clear', id);
      await end();
    });
  }

  /** Never more than five parts in a hundred too much; nor too little, but where the machine was too busy to give the guest its turn. */
  async function expectSpeed(
    pick: (disks: Disks) => Readonly<Record<string, number>>,
    wanted: Readonly<Record<string, number>>,
  ): Promise<void> {
    await delay(settleMs);
    for (let turn = 1; ; turn += 1) {
      const { result, lostSeconds } = await withStalls(() => measureDisks(guest, measureSeconds));
      const measured = pick(result);
      const shares = Object.entries(wanted).map(([name, rate]) =>
        shareOf({ amount: (measured[name] ?? 0) * measureSeconds, seconds: measureSeconds, lostSeconds }, rate),
      );
      const story = `${JSON.stringify(measured)} a second instead of ${JSON.stringify(wanted)}`;
      expect(Math.max(...shares), story).toBeLessThan(1.05);
      if (Math.min(...shares) > 0.95) return;
      expect(turn, story).toBeLessThan(5);
    }
  }
});

type Disks = Readonly<Record<string, DiskSpeed>>;

const ofDisk =
  (id: string) =>
  (disks: Disks): Readonly<Record<string, number>> => ({ ...disks[id] });

const inAll = (disks: Disks): { readonly all: number } => ({
  all: Object.values(disks).reduce((sum, { readBytes, writtenBytes }) => sum + readBytes + writtenBytes, 0),
});

/** What was saved up before a change is used up by then. */
const settleMs = 1000;
const measureSeconds = 3;
const imagectl = fileURLToPath(new URL('../../cli/bin/imagectl.js', import.meta.url));

async function serveNbd(image: string, socket: string): Promise<ChildProcess> {
  const child = spawn(
    'qemu-storage-daemon',
    [
      ...['--blockdev', `driver=file,filename=${image},node-name=disk`, '--nbd-server', `addr.type=unix,addr.path=${socket}`],
      ...['--export', 'type=nbd,id=disk,node-name=disk,writable=on'],
    ],
    { stdio: 'inherit' },
  );
  await once(child, 'spawn');
  while (!existsSync(socket)) await delay(10);
  return child;
}
