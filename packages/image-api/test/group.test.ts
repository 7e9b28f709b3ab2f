import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { joinGroup } from '../src/limits/join-group.ts';
import { groupProgram, nowMs } from './group-process.ts';
import type { GroupProcess } from './group-process.ts';

const mebibyte = 2 ** 20;
let folder: string;
let start: Awaited<ReturnType<typeof groupProgram>>;
const started: GroupProcess[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'image-api-group-'));
  start = await groupProgram(folder);
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((member) => member.end()));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function member(name: string, budget?: number, appetite?: number): Promise<GroupProcess> {
  const process = await start(name, budget, appetite);
  started.push(process);
  return process;
}

/** Rates in MiB/s over the next while. */
async function ratesFor(ms: number, members: readonly GroupProcess[]): Promise<readonly number[]> {
  const fromMs = nowMs();
  await sleep(ms + 100);
  return members.map((process) => process.rate(fromMs, fromMs + ms) / mebibyte);
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** Wait until each of them has a rate near the one that is expected: well within a second on an idle machine, and for long on a busy one. */
async function untilNear(members: readonly GroupProcess[], expected: number): Promise<void> {
  await vi.waitFor(
    () => {
      const atMs = nowMs() - 30;
      for (const process of members) expect(Math.abs(process.rate(atMs - 150, atMs) / mebibyte / expected - 1)).toBeLessThan(0.1);
    },
    { timeout: 10_000, interval: 25 },
  );
}

// Rates over time: a machine that is busy with other tests has none to measure. In every check, the end to end test of a budget stands for them.
describe.runIf(process.env['CHECK_ALL'])('three processes in one group', () => {
  it('share its budget alike, and what a killed one had', async () => {
    const first = await member('host', 60 * mebibyte);
    await untilNear([first], 60);
    const all = [first, ...(await Promise.all([member('host'), member('host')]))];
    await untilNear(all, 20);
    const shares = await ratesFor(2000, all);
    expect(sum(shares)).toBeGreaterThan(60 * 0.95);
    expect(sum(shares)).toBeLessThan(60 * 1.05);
    for (const share of shares) expect(Math.abs(share / 20 - 1)).toBeLessThan(0.05);
    expect(first.reasons()).toContain('3 copies share 60 MiB/s in the group host');

    first.child.kill('SIGKILL');
    await untilNear(all.slice(1), 30);
    expect(all[1]?.reasons().at(-1)).toBe('2 copies share 60 MiB/s in the group host');
  });

  it('follow a budget that changes, and a pause', async () => {
    const [first, second, third] = await Promise.all([member('changed', 60 * mebibyte), member('changed'), member('changed')]);
    const all = [first, second, third];
    await untilNear(all, 20);
    second.say(`budget ${15 * mebibyte}`);
    await untilNear(all, 5);
    second.say('pause');
    await untilNear([first, third], 7.5);
    second.say('resume');
    await untilNear(all, 5);
    const shares = await ratesFor(2000, all);
    expect(sum(shares)).toBeGreaterThan(15 * 0.9);
    expect(sum(shares)).toBeLessThan(15 * 1.05);
  });

  it('give a stopped one up, and take it in again without going over the budget', async () => {
    const all = await Promise.all([member('stopped', 60 * mebibyte), member('stopped')]);
    await untilNear(all, 30);
    all[1]?.child.kill('SIGSTOP');
    await untilNear(all.slice(0, 1), 60);
    const goesOnAtMs = nowMs();
    all[1]?.child.kill('SIGCONT');
    await untilNear(all, 30);
    await sleep(200);
    const [first = 0, second = 0] = all.map((process) => process.rate(goesOnAtMs, goesOnAtMs + 1000) / mebibyte);
    expect(first + second).toBeLessThan(60 * 1.05);
    expect(all[1]?.reasons().join()).toMatch(/it did not run for \d s/);
  });

  it('let the hungry have what a modest one leaves', async () => {
    const hungry = await Promise.all([member('modest', 60 * mebibyte), member('modest')]);
    const modest = await member('modest', undefined, 5 * mebibyte);
    await untilNear(hungry, 27);
    const [share = 0] = await ratesFor(1000, [modest]);
    expect(share).toBeGreaterThan(4.8);
  });
});

describe('joinGroup', () => {
  const signal = new AbortController().signal;

  it('has no limit as long as nobody sets one', async () => {
    const one = joinGroup('free', { directory: folder });
    expect(await one.begin(signal)).toBeUndefined();
    expect(one.budget).toBeUndefined();
    await one.close();
  });

  it('finds the budget of those who are there, and none when they are gone', async () => {
    const one = joinGroup('kept', { directory: folder, budget: 1000 });
    const other = joinGroup('kept', { directory: folder });
    expect(other.budget).toBe(1000);
    await one.close();
    expect(other.budget).toBe(1000);
    await other.close();
    const later = joinGroup('kept', { directory: folder });
    expect(later.budget).toBeUndefined();
    await later.close();
  });

  it('begins with a share only when others have made room', async () => {
    const one = joinGroup('room', { directory: folder, budget: 1000 });
    expect(await one.begin(signal)).toBe(1000);
    const told: (number | undefined)[] = [];
    one.follow(({ bandwidth }) => told.push(bandwidth));
    const other = joinGroup('room', { directory: folder });
    expect(await other.begin(signal)).toBe(500);
    // 500 would be less than anything is told to keep to.
    expect(told).toEqual([1024]);
    await Promise.all([one.close(), other.close()]);
  });

  it('does not wait for a share any more when it is cancelled', async () => {
    const one = joinGroup('cancelled', { directory: folder, budget: 1000 });
    const waiting = one.begin(AbortSignal.timeout(20));
    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
    await one.close();
  });

  it('leaves nothing behind, not even of a group that was killed', async () => {
    const lost = await member('lost', 1000);
    await lost.end();
    expect(readdirSync(join(folder, 'groups'))).toHaveLength(1);
    const one = joinGroup('tidy', { directory: folder });
    await one.close();
    expect(readdirSync(join(folder, 'groups'))).toEqual([]);
  });

  it('makes its file anew when somebody removed it', async () => {
    const one = joinGroup('removed', { directory: folder, budget: 1000 });
    await one.begin(signal);
    rmSync(join(folder, 'groups'), { recursive: true });
    await vi.waitFor(() => expect(existsSync(join(folder, 'groups'))).toBe(true));
    const other = joinGroup('removed', { directory: folder });
    expect(other.budget).toBe(1000);
    await Promise.all([one.close(), other.close()]);
  });

  it('refuses a folder that others can write to', () => {
    chmodSync(join(folder, 'groups'), 0o770);
    expect(() => joinGroup('open', { directory: folder })).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
    chmodSync(join(folder, 'groups'), 0o700);
  });
});
