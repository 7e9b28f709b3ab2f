import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cp } from '../src/index.ts';
import { contextFor, failureOf, offerOf, requestFor, transfer } from './copying.ts';
import { Loop, whyNoLoop } from './loop.ts';

const mib = 2 ** 20;
const reason = whyNoLoop();
let directory = '';
let loop: Loop;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'driver-cp-device-'));
  loop = new Loop(directory);
});
afterEach(async () => {
  loop.release();
  await rm(directory, { recursive: true, force: true });
});

/** A device full of an old disk's bytes. */
async function device(mebibytes: number): Promise<{ device: string; disk: string }> {
  const disk = join(directory, 'disk.img');
  await writeFile(disk, Buffer.alloc(mebibytes * mib, 'old '));
  return { device: loop.attach(disk), disk };
}

/** Noise with a hole of one MiB at the fourth. */
async function imageOf(size: number): Promise<string> {
  const path = join(directory, 'from.raw');
  const file = await open(path, 'wx');
  await file.write(randomBytes(Math.min(size, 3 * mib)));
  if (size > 4 * mib) await file.write(randomBytes(size - 4 * mib), 0, size - 4 * mib, 4 * mib);
  await file.truncate(size);
  await file.close();
  return path;
}

describe.skipIf(reason !== undefined)(`cp onto a block device${reason === undefined ? '' : ` (${reason})`}`, { timeout: 30_000 }, () => {
  it.each([32 * mib, 9 * mib + 1024, mib, 512])('writes all of an image of %i bytes, and zeros where it has holes', async (size) => {
    const { device: to } = await device(32);
    const from = await imageOf(size);
    const { report } = await transfer(cp(), await requestFor(from, to));
    const now = readFileSync(to);
    expect(now.subarray(0, size).equals(readFileSync(from))).toBe(true);
    expect(now.subarray(size).equals(Buffer.alloc(32 * mib - size, 'old '))).toBe(true);
    expect(report.counters).toEqual({ bytesLogical: size, bytesRead: size, bytesSent: 0, bytesSkipped: 0 });
  });

  it('says what is not as with a file', async () => {
    const { device: to } = await device(32);
    const offer = await offerOf(cp(), await requestFor(await imageOf(8 * mib), to));
    expect(offer).toMatchObject({ reason: 'written onto the device by this process', commands: [] });
    expect(offer.notes).toEqual([expect.stringContaining('in place'), `the last ${24 * mib} bytes of the device keep what they hold`]);
  });

  it('refuses an image that does not fit, naming both sizes', async () => {
    const { device: to, disk } = await device(8);
    const request = await requestFor(await imageOf(9 * mib), to);
    for (const tried of [cp().offer(request, contextFor()), transfer(cp(), request)]) {
      const error = await failureOf(tried);
      expect(error).toMatchObject({ code: 'NO_SPACE', origin: 'destination', untouched: true });
      expect(error.message).toContain(`${9 * mib} bytes, the device has ${8 * mib}`);
    }
    expect(readFileSync(disk).equals(Buffer.alloc(8 * mib, 'old '))).toBe(true);
  });

  it('leaves no header, old or new, when it is cut off', async () => {
    const { device: to } = await device(128);
    const from = await imageOf(128 * mib);
    const controller = new AbortController();
    const request = await requestFor(from, to);
    const updates: { bytesLogical?: number }[] = [];
    const running = cp().transfer(request, {
      ...contextFor([], controller.signal),
      report: (update) => {
        updates.push(update);
        if ((update.bytesLogical ?? 0) > 8 * mib) controller.abort();
      },
    });
    expect(await failureOf(running)).toMatchObject({ code: 'CANCELLED', untouched: false });
    const now = readFileSync(to);
    expect(now.subarray(0, mib).equals(Buffer.alloc(mib))).toBe(true);
    expect(now.subarray(mib, 2 * mib).equals(readFileSync(from).subarray(mib, 2 * mib))).toBe(true);
    expect(updates.length).toBeGreaterThanOrEqual(2);
  });
});
