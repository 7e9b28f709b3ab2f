import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { paceScript } from './pace-script.ts';
import { createLineReader, parseWord } from './ssh-progress.ts';
import type { Word } from './ssh-progress.ts';

const mib = 2 ** 20;
const started: ChildProcess[] = [];

afterEach(() => {
  for (const child of started.splice(0)) if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
});

interface Paced {
  readonly child: ChildProcess;
  readonly words: readonly Word[];
  /** By its own account. */
  sent(): number;
  order(text: string): void;
}

/** The script between two pipes, as a shell makes them. */
function pace(rate: string, { from = 'cat /dev/zero', to = 'cat >/dev/null' } = {}): Paced {
  const script = `exec 3>&1; ${from} | perl -e "$1" -- mark-1 "$2" | { ${to}; }`;
  const child = spawn('sh', ['-c', script, 'sh', paceScript, rate], { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  started.push(child);
  const words: Word[] = [];
  const read = createLineReader((line) => words.push(...[parseWord(line, 'mark-1')].filter((word) => word !== undefined)));
  child.stdout?.on('data', (piece: Buffer) => read(String(piece)));
  const sent = (): number => words.reduce((most, word) => (word.kind === 'sent' ? Math.max(most, word.bytes) : most), 0);
  const order = (text: string): void => {
    const hand = words.find((word) => word.kind === 'hand');
    if (hand) writeFileSync(hand.path, text);
  };
  return { child, words, sent, order };
}

async function gain(paced: Paced, ms: number): Promise<number> {
  const [before, startedAt] = [paced.sent(), performance.now()];
  await sleep(ms);
  return ((paced.sent() - before) / (performance.now() - startedAt)) * 1000;
}

describe('what hands on the bytes', () => {
  it('hands on every byte, and says how many', async () => {
    const paced = pace('-', { from: 'seq 1000000', to: 'sha256sum >&3' });
    let said = '';
    paced.child.stdout?.on('data', (piece: Buffer) => (said += String(piece)));
    await once(paced.child, 'close');
    const [digest] = execFileSync('sh', ['-c', 'seq 1000000 | sha256sum'], { encoding: 'utf8' }).split(' ');
    expect(said).toContain(digest);
    expect(paced.sent()).toBe(6_888_896);
  });

  it.each([500_000, 20 * mib])('keeps %i bytes/s from the first byte on', async (rate) => {
    const paced = pace(String(rate));
    const startedAt = performance.now();
    await expect.poll(() => paced.sent()).toBeGreaterThan(0);
    expect(paced.sent()).toBeLessThan(((performance.now() - startedAt) / 1000) * rate + 1);
    expect(Math.abs((await gain(paced, 2000)) / rate - 1)).toBeLessThan(0.1);
  });

  it('goes by the last order, and says so', async () => {
    const paced = pace('-');
    await expect.poll(() => paced.sent()).toBeGreaterThan(mib);
    paced.order('1 0\n');
    await expect.poll(() => paced.words.some((word) => word.kind === 'sent' && word.number === 1)).toBe(true);
    expect(await gain(paced, 300)).toBe(0);
    paced.order('3 1000000\n2 -\n');
    await expect.poll(() => paced.words.some((word) => word.kind === 'sent' && word.number === 3)).toBe(true);
    expect(Math.abs((await gain(paced, 1500)) / 1e6 - 1)).toBeLessThan(0.15);
  });

  it('hears orders though nobody takes the bytes', async () => {
    const paced = pace('-', { to: 'sleep 60' });
    await expect.poll(() => paced.sent()).toBeGreaterThan(0);
    paced.order('1 5000\n');
    await expect.poll(() => paced.words.some((word) => word.kind === 'sent' && word.number === 1)).toBe(true);
  });

  it.each(['-', '0'])('ends when nobody is there to take the bytes, at the rate %s', async (rate) => {
    const paced = pace(rate, { to: 'sleep 0.3' });
    const [status] = (await once(paced.child, 'close')) as [number];
    expect(status).toBe(0);
  });
});
