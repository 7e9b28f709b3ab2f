import { readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Host } from '@image-api/driver';
import { sshdMissing } from '../../host/test/real-sshd.ts';
import { rsync } from '../src/index.ts';
import { allocatedOf, createSteering, digestOf, mebibyte } from './lab.ts';
import type { Lab } from './lab.ts';
import { openSite } from './site.ts';
import type { Site } from './site.ts';

// Real logins on a machine that may be busy.
vi.setConfig({ testTimeout: 20_000, hookTimeout: 20_000 });

let site: Site;
let lab: Lab;
let local: Host;
let box: Host;

beforeAll(async () => {
  site = await openSite();
  ({ lab, local, box } = site);
});

afterAll(() => site.close());

/** The far end of a copy, and the near one. */
describe.each([
  ['within this machine', () => [local, local] as const, false],
  ['to a host', () => [local, box] as const, true],
  ['from a host', () => [box, local] as const, true],
])('rsync %s', (title, ends, overSsh) => {
  const skipped = overSsh && sshdMissing !== undefined;
  const key = title.replaceAll(' ', '-');

  it.skipIf(skipped)('copies bytes and holes into the file that is there', async () => {
    const [from, to] = ends();
    const [image, staging] = [await lab.make(`${key}.raw`, 3, -16, 2, -8), await lab.make(`${key}.part`)];
    const before = await stat(staging);
    const { counters, updates } = await lab.copy({ from: { host: from, path: image }, to: { host: to, path: staging } });
    const after = await stat(staging);
    expect(await digestOf(staging)).toBe(await digestOf(image));
    expect(await allocatedOf(staging)).toBe(await allocatedOf(image));
    expect([after.ino, after.mode & 0o777]).toEqual([before.ino, 0o600]);
    expect(counters).toMatchObject({ bytesLogical: 29 * mebibyte, bytesRead: 29 * mebibyte, bytesSkipped: 0 });
    expect(updates.some(({ bytesLogical }) => bytesLogical === 29 * mebibyte)).toBe(true);
    // Random bytes do not shrink, the holes between them do: nearly nothing of them is sent. Within a machine there is no wire.
    expect(counters.bytesSent).toBeGreaterThanOrEqual(overSsh ? 5 * mebibyte : 0);
    expect(counters.bytesSent).toBeLessThanOrEqual(overSsh ? 6 * mebibyte : 0);
  });

  it.skipIf(skipped)('goes on from what an interrupted try left, whatever its tail is', async () => {
    const [from, to] = ends();
    const [image, staging] = [await lab.make(`${key}-resume.raw`, 8, -4, 4), await lab.make(`${key}-resume.part`)];
    const head = (await readFile(image)).subarray(0, 6 * mebibyte);
    await writeFile(staging, Buffer.concat([head, Buffer.alloc(3 * mebibyte, 0xaa)]));
    // A file that was given its length beforehand: what is missing looks like a hole.
    await truncate(staging, 20 * mebibyte);
    const { counters } = await lab.copy({ from: { host: from, path: image }, to: { host: to, path: staging }, held: 'resume' });
    expect(await digestOf(staging)).toBe(await digestOf(image));
    expect(counters.bytesSkipped).toBeGreaterThan(5.9 * mebibyte);
    expect(counters.bytesSkipped).toBeLessThan(16 * mebibyte);
  });

  it.skipIf(skipped)('copies whether or not what it was offered to go on from is still there', async () => {
    const [from, to] = ends();
    const [image, staging] = [await lab.make(`${key}-gone.raw`, 4, -4, 2), await lab.make(`${key}-gone.part`)];
    const copy = { from: { host: from, path: image }, to: { host: to, path: staging } };
    const head = (await readFile(image)).subarray(0, 3 * mebibyte);
    await writeFile(staging, head);
    expect(await lab.offer({ ...copy, held: 'resume' })).toMatchObject({ accept: true, reason: expect.stringContaining('differs') });
    await truncate(staging, 0);
    expect((await lab.copy(copy)).counters).toMatchObject({ bytesLogical: 10 * mebibyte, bytesSkipped: 0 });
    expect(await digestOf(staging)).toBe(await digestOf(image));
    expect(await allocatedOf(staging)).toBe(await allocatedOf(image));

    await truncate(staging, 0);
    expect(await lab.offer(copy)).toMatchObject({ accept: true, reason: expect.stringContaining('holes') });
    await writeFile(staging, head);
    expect((await lab.copy({ ...copy, held: 'resume' })).counters.bytesSkipped).toBeGreaterThan(2.9 * mebibyte);
    expect(await digestOf(staging)).toBe(await digestOf(image));
  });

  it.skipIf(skipped)('turns a clone of the old image into the new one and sends what differs', async () => {
    const [from, to] = ends();
    const [image, staging] = [await lab.make(`${key}-delta.raw`, 4, -4, 8, -2), await lab.make(`${key}-delta.part`, 18)];
    const bytes = await readFile(image);
    // The old image had data where the new one has holes, in the middle and at its end.
    await writeFile(
      staging,
      Buffer.concat([
        bytes.subarray(0, 4 * mebibyte),
        (await readFile(staging)).subarray(0, 4 * mebibyte),
        bytes.subarray(8 * mebibyte, 16 * mebibyte),
        (await readFile(staging)).subarray(0, 5 * mebibyte),
      ]),
    );
    const { counters } = await lab.copy({ from: { host: from, path: image }, to: { host: to, path: staging }, held: 'delta' });
    expect(await digestOf(staging)).toBe(await digestOf(image));
    expect(counters.bytesSkipped).toBeGreaterThan(11 * mebibyte);
    expect(counters.bytesSent).toBeLessThan(2 * mebibyte);
  });

  it.skipIf(skipped)('keeps a limit from the first byte, and says which', async () => {
    const [from, to] = ends();
    const [image, staging] = [await lab.make(`${key}-limit.raw`, 6), await lab.make(`${key}-limit.part`)];
    const copy = { from: { host: from, path: image }, to: { host: to, path: staging }, limits: { bandwidth: 4 * mebibyte + 500 } };
    const offer = await lab.offer(copy);
    expect(offer).toMatchObject({ accept: true, limits: copy.limits, charged: overSsh ? 'wire' : 'image' });
    const startedAt = performance.now();
    await lab.copy(copy);
    const seconds = (performance.now() - startedAt) / 1000;
    expect(seconds).toBeGreaterThan(1.35);
    expect(seconds).toBeLessThan(4);
  });
});

describe('a copy that is paused', () => {
  it('has not stalled, however long it is, and goes on', async () => {
    const [image, staging] = [await lab.make('paused.raw', 8), await lab.make('paused.part')];
    const steering = createSteering();
    const copy = { from: { host: local, path: image }, to: { host: local, path: staging }, steering, driverOptions: { stallMs: 1000 } };
    const moving = lab.copy({ ...copy, limits: { bandwidth: 2 * mebibyte } });
    await expect.poll(async () => (await stat(staging)).size, { timeout: 5000 }).toBeGreaterThan(mebibyte);
    await steering.pause();
    const { size } = await stat(staging);
    await sleep(3000);
    expect((await stat(staging)).size).toBe(size);
    await steering.resume();
    expect(await steering.setLimits({})).toEqual({});
    await moving;
    expect(await digestOf(staging)).toBe(await digestOf(image));
    await expect(steering.pause(), 'when it is over').rejects.toThrow('nothing');
  });
});

describe.skipIf(sshdMissing !== undefined)('a connection that is lost', () => {
  it('is retryable, and the next try goes on', async () => {
    const [image, staging] = [await lab.make('lost.raw', 16), await lab.make('lost.part')];
    const copy = { from: { host: local, path: image }, to: { host: box, path: staging } };
    const moving = endOf(lab.copy({ ...copy, limits: { bandwidth: 4 * mebibyte } }));
    await expect.poll(async () => (await stat(staging)).size, { timeout: 5000 }).toBeGreaterThan(4 * mebibyte);
    site.sshd?.cutSessions();
    expect(await moving).toMatchObject({ code: 'UNREACHABLE', retryable: true, untouched: false });
    const { counters } = await lab.copy({ ...copy, held: 'resume' });
    expect(await digestOf(staging)).toBe(await digestOf(image));
    expect(counters.bytesSkipped).toBeGreaterThan(3 * mebibyte);
  });
});

describe('probe', () => {
  it('tells the version', async () => {
    const found = await rsync().probe({ local, logger: { debug: () => undefined, warn: () => undefined } });
    expect(found).toMatchObject({ available: true, detail: expect.stringMatching(/^rsync \d+\.\d+/) });
  });
});

/** How a copy ended, wherever that is looked at: its error, or what it reported. */
function endOf(copying: Promise<unknown>): Promise<unknown> {
  return copying.catch((error: unknown) => error);
}
