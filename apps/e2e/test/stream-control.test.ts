import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeLab } from '../src/describe-lab.ts';
import { expectNobodyAtWork, expectSameContent, expectStandsAlone } from '../src/expect-alone.ts';
import { arrivedIn } from '../src/growth.ts';
import { allocated, writeRandomImage } from '../src/image-files.ts';
import { serveImage } from '../src/image-server.ts';
import type { ImageServer } from '../src/image-server.ts';
import { expectRate } from '../src/rates.ts';
import { startStreamedCopy, streamTools } from '../src/streamed-copy.ts';
import { trafficOf } from '../src/traffic.ts';

const mebibyte = 1024 * 1024;
/** The daemon copies half a mebibyte at a time, and its tables take room, too. */
const grain = mebibyte;
const full = process.env['CHECK_ALL'] !== undefined;
/** All of it: ten seconds of each rate, within three hundredths. Else shorter, where a single piece weighs more. */
const { windowMs, windows, tolerance, pauseMs } = full
  ? { windowMs: 10_000, windows: 2, tolerance: 0.03, pauseMs: 60_000 }
  : { windowMs: 3000, windows: 3, tolerance: 0.1, pauseMs: 3000 };
/** In MiB/s. Less goes through 100 Mbit/s. */
const rates = { here: full ? [10, 40, 5] : [3, 8, 2], 'on another host': [3, 8, 2] } as const;
const mebibytes = { here: full ? 1280 : 160, 'on another host': full ? 448 : 160 } as const;
/** In force within a second; that pieces are on their way for a while is made up for within the next. */
const settleMs = { here: 1000, 'on another host': 4000 } as const;

/** Here are an image and its copy. */
const hosts = { here: { room: '5g' }, store: {} };

describeLab('an image that comes in the background', { hosts, rate: '100mbit', tools: streamTools }, (lab) => {
  let server: ImageServer;
  beforeAll(async () => {
    await writeRandomImage(lab().here.outside('/srv/disk.raw'), mebibytes.here);
    await writeRandomImage(lab().host('store').outside('/srv/disk.raw'), mebibytes['on another host']);
    server = await serveImage(lab().host('store'), 'nbd', '/srv/disk.raw');
  });
  afterAll(() => server.stop());

  it.each(['here', 'on another host'] as const)(
    'comes as fast as it may, from its first byte on and a second after a change: %s',
    async (where) => {
      const { here } = lab();
      const to = `/srv/limits-${where.length}/disk.qcow2`;
      const directory = dirname(here.outside(to));
      await mkdir(directory);
      const from = where === 'here' ? '/srv/disk.raw' : server.address;
      const expectLimit = (bandwidth: number): Promise<void> =>
        expectRate(() => arrivedIn(directory), bandwidth, { windowMs, windows, tolerance, grain });
      const [first, ...others] = rates[where];
      const copy = startStreamedCopy(here, { from, to, bandwidth: first * mebibyte });
      const readyMs = (await copy.order('ready')).ms ?? 0;
      const readyAt = performance.now();
      while (performance.now() - readyAt < 1500) {
        const came = await arrivedIn(directory);
        const seconds = (performance.now() - readyAt + readyMs) / 1000;
        expect(came, `bytes ${seconds} s after the call`).toBeLessThan(seconds * first * mebibyte * (1 + tolerance) + grain);
        await delay(20);
      }
      await delay(settleMs[where]);
      await expectLimit(first * mebibyte);
      for (const bandwidth of others.map((rate) => rate * mebibyte)) {
        expect(await copy.order(`limit ${bandwidth}`)).toMatchObject({ verb: 'limit', inForce: { bandwidth } });
        await delay(settleMs[where]);
        await expectLimit(bandwidth);
      }

      expect(await copy.order('pause')).toMatchObject({ verb: 'pause', state: 'paused' });
      await delay(500);
      const paused = await arrivedIn(directory);
      await delay(pauseMs);
      expect((await arrivedIn(directory)) - paused, 'bytes that came while it was paused').toBe(0);
      await copy.order('resume');
      await expect.poll(() => arrivedIn(directory), { timeout: 2000, interval: 20 }).toBeGreaterThan(paused);

      await copy.order('limit none');
      expect(await copy.over).toMatchObject({ verb: 'result', driver: 'qemu-stream' });
      await expectNobodyAtWork(here);
      await expectStandsAlone(here.outside(to));
      await expectSameContent((where === 'here' ? here : lab().host('store')).outside('/srv/disk.raw'), here.outside(to));
      await rm(directory, { recursive: true });
    },
    pauseMs + 240_000,
  );

  it('does not come at all where only what is read is wanted, and is gone on from another time', async () => {
    const { here } = lab();
    const to = '/srv/lazy.qcow2';
    const lazy = { driverOptions: { 'qemu-stream': { stream: 'never' } } } as const;
    const copy = startStreamedCopy(here, { from: server.address, to, options: lazy });
    const { uri } = await copy.order('ready');
    const came = (await trafficOf(here)).received;
    await delay(1500);
    expect((await trafficOf(here)).received - came, 'bytes that came without being read').toBeLessThan(64 * 1024);
    await here.run(['qemu-io', '-f', 'raw', '-c', 'read -q 10M 4M', uri!]);
    await copy.order('release');
    const { incomplete } = await copy.over;
    expect(incomplete).toMatch(/\.part$/);
    const kept = await allocated(here.outside(incomplete!.replace(/^file:\/\//, '')));
    expect(kept, 'bytes that are kept').toBeGreaterThanOrEqual(4 * mebibyte);
    expect(kept, 'bytes that are kept').toBeLessThan(6 * mebibyte);
    expect(existsSync(here.outside(to)), 'published though it is incomplete').toBe(false);

    const now = startStreamedCopy(here, { from: server.address, to });
    expect(await now.over).toMatchObject({ verb: 'result' });
    await expectNobodyAtWork(here);
    await expectStandsAlone(here.outside(to));
    await expectSameContent(lab().host('store').outside('/srv/disk.raw'), here.outside(to));
  });
});
