import { execFile, spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { openReadyImage } from '@image-api/conformance';
import { describe, expect, it } from 'vitest';
import { copying, kill, mib } from './copying.ts';
import type { Copying } from './copying.ts';

const missing = spawnSync('qemu-storage-daemon', ['--version']).status === 0 ? undefined : 'qemu-storage-daemon is not installed';
const run = promisify(execFile);

async function isGone(copy: Copying, withinMs: number): Promise<boolean> {
  for (let waitedMs = 0; copy.processes('all').length > 0 && waitedMs < withinMs; waitedMs += 20) await sleep(20);
  return copy.processes('all').length === 0 && (await copy.left()).length === 0;
}

describe.skipIf(missing !== undefined)(`what is served of a stream${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  it('is right anywhere before it has arrived, and what a guest writes stays', async () => {
    await using copy = await copying({ mebibytes: 32, wish: { limits: { bandwidth: 4 * mib } } });
    const running = copy.begin();
    const { uri } = await running.ready;
    const client = await openReadyImage(uri);
    for (const at of [31 * mib, 0, 16 * mib]) expect((await client.read(at, mib)).equals(await copy.sourceBytes(at, mib))).toBe(true);
    await run('qemu-io', ['-f', 'raw', '-c', 'write -q -P 7 20M 1M', '-c', 'flush', uri]);
    await expect.poll(() => running.updates.at(-1)?.bytesOnDemand, { timeout: 2500 }).toBeGreaterThanOrEqual(2 * mib);
    await running.setLimits({});
    const { counters } = await running.done;
    await client.close();
    expect(counters.bytesOnDemand, 'read in two places where the background was not, and not what was written').toBe(2 * mib);
    expect(await copy.difference()).toMatch(/mismatch at offset 20971520/);
    await run('qemu-io', ['-r', '-U', '-f', 'qcow2', '-c', 'read -q -P 7 20M 1M', copy.to]);
  });

  it('is what a client goes on with through the rename, until it leaves', async () => {
    await using copy = await copying();
    const running = copy.begin();
    const client = await openReadyImage((await running.ready).uri);
    await running.done;
    await rename(copy.to, join(copy.folder, 'disk.qcow2'));
    await sleep(500);
    expect((await client.read(5 * mib, mib)).equals(await copy.sourceBytes(5 * mib, mib))).toBe(true);
    await client.close();
    expect(await isGone(copy, 5000)).toBe(true);
  });

  it('can be reached by this user only', async () => {
    await using copy = await copying({ wish: { limits: { bandwidth: mib } } });
    const running = copy.begin();
    await running.ready;
    expect(statSync(copy.directory).mode & 0o077).toBe(0);
    running.cancel();
    await expect(running.done).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('stays for its guest when the copy fails, and the next try goes on with it at the same address', async () => {
    await using copy = await copying({ mebibytes: 16, wish: { limits: { bandwidth: 2 * mib } } });
    const { uri } = await copy.begin().ready;
    const client = await openReadyImage(uri);
    await copy.hangUp();
    await sleep(600);
    expect((await client.read(9 * mib, mib)).equals(await copy.sourceBytes(9 * mib, mib))).toBe(true);
    const next = copy.begin({ held: 'resume', limits: {} });
    expect((await next.ready).uri).toBe(uri);
    const { counters } = await next.done;
    // What came in between may count for either; what the first one brought does not.
    expect(counters.bytesRead, 'of this try').toBeLessThan(16 * mib);
    expect((await client.read(mib, mib)).equals(await copy.sourceBytes(mib, mib))).toBe(true);
    await client.close();
    expect(await copy.difference()).toBe('');
    expect(await isGone(copy, 5000)).toBe(true);
  });

  it('is over when nobody wants it any more and nobody uses it', async () => {
    await using copy = await copying({ wish: { limits: { bandwidth: mib } } });
    await copy.begin().ready;
    await copy.hangUp();
    expect(await isGone(copy, 5000)).toBe(true);
  });

  it('is fetched only where it is read, if asked for so, and is incomplete when it is let go of', async () => {
    await using copy = await copying({ mebibytes: 16, options: { stream: 'never' } });
    const running = copy.begin();
    const image = await running.ready;
    const client = await openReadyImage(image.uri);
    expect((await client.read(3 * mib, mib)).equals(await copy.sourceBytes(3 * mib, mib))).toBe(true);
    await sleep(500);
    await client.close();
    expect(await running.done).toMatchObject({ incomplete: true, counters: { bytesRead: mib, bytesOnDemand: mib } });
    expect(await isGone(copy, 3000)).toBe(true);
    const bytes = statSync(copy.to).size;
    expect([bytes > mib, bytes < 3 * mib]).toEqual([true, true]);
    await copy.begin({ held: 'resume', driverOptions: { stream: 'now' } }).done;
    expect(await copy.difference()).toBe('');
  });
});

describe.skipIf(missing !== undefined)(`the background of a stream${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  it('keeps its limit from the first byte, and another one within a second', async () => {
    await using copy = await copying({ mebibytes: 48, wish: { limits: { bandwidth: 4 * mib } } });
    const running = copy.begin();
    await running.ready;
    await sleep(2000);
    const slow = copy.arrived;
    expect(slow / mib).toBeGreaterThan(4);
    expect(slow / mib).toBeLessThan(11);
    expect(await running.setLimits({ bandwidth: 16 * mib + 0.5 })).toEqual({ bandwidth: 16 * mib });
    await sleep(1000);
    const between = copy.arrived;
    await sleep(1000);
    expect((copy.arrived - between) / mib).toBeGreaterThan(10);
    expect((copy.arrived - between) / mib).toBeLessThan(20);
    await running.setLimits({});
    await running.done;
  });

  it('stands still while it is paused, and who reads is served', async () => {
    await using copy = await copying({ mebibytes: 16, wish: { limits: { bandwidth: 8 * mib } } });
    const running = copy.begin();
    const { uri } = await running.ready;
    await running.pause();
    await sleep(200);
    const { arrived } = copy;
    await sleep(700);
    expect(copy.arrived - arrived).toBeLessThan(mib / 2);
    const client = await openReadyImage(uri);
    expect((await client.read(15 * mib, mib)).equals(await copy.sourceBytes(15 * mib, mib))).toBe(true);
    await client.close();
    await running.resume();
    await running.done;
    expect(await copy.difference()).toBe('');
  });

  it('is given up when its daemon hangs', async () => {
    await using copy = await copying({ mebibytes: 16, options: { stallMs: 1000 }, wish: { limits: { bandwidth: 4 * mib } } });
    const running = copy.begin();
    await running.ready;
    for (const pid of copy.processes('daemon')) kill(pid, 'SIGSTOP');
    await expect(running.done).rejects.toMatchObject({ code: 'STALLED', retryable: true });
    expect(await isGone(copy, 3000)).toBe(true);
    await copy.begin({ held: 'resume', limits: {} }).done;
    expect(await copy.difference()).toBe('');
  });
});
