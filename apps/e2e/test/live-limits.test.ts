import { mkdir, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeLab } from '../src/describe-lab.ts';
import { arrivedIn } from '../src/growth.ts';
import { sha256, writeRandomImage } from '../src/image-files.ts';
import { serveImage } from '../src/image-server.ts';
import type { ImageServer } from '../src/image-server.ts';
import { expectRate } from '../src/rates.ts';
import { startSteeredCopy, untilArrived } from '../src/steered-copy.ts';

const mebibyte = 1024 * 1024;
/** All of it: ten seconds of each rate, within three hundredths. Else shorter, where a single write of the tool weighs more. */
const { windowMs, windows, tolerance, pauseMs, mebibytes } = process.env['CHECK_ALL']
  ? { windowMs: 10_000, windows: 1, tolerance: 0.03, pauseMs: 60_000, mebibytes: 640 }
  : { windowMs: 2000, windows: 3, tolerance: 0.08, pauseMs: 2000, mebibytes: 400 };
/** What the change itself takes. */
const inForceMs = 100;
/** Until what was on its way has arrived. */
const settleMs = 500;

describeLab('the limit of a running copy', { hosts: { alpha: {}, beta: {} } }, (lab) => {
  let digest = '';
  let server: ImageServer;
  beforeAll(async () => {
    const { here } = lab();
    digest = await writeRandomImage(here.outside('/srv/disk.raw'), mebibytes);
    await here.run(['cp', '/etc/ssh/lab.conf', '/etc/ssh/ssh_config']);
    await here.run(['scp', '-q', '/srv/disk.raw', 'alpha:/srv/disk.raw']);
    server = await serveImage(lab().host('alpha'), 'http', '/srv/disk.raw');
  });
  afterAll(() => server.stop());

  it.each([
    ['rsync', 'to a host', '/srv/disk.raw', 'alpha:/srv/rsync-up/x.raw'],
    ['rsync', 'from a host', 'alpha:/srv/disk.raw', '/srv/rsync-down/x.raw'],
    ['rsync', 'on this machine', '/srv/disk.raw', '/srv/rsync-here/x.raw'],
    ['cp', 'on this machine', '/srv/disk.raw', '/srv/cp-here/x.raw'],
    ['scp', 'to a host', '/srv/disk.raw', 'alpha:/srv/scp-up/x.raw'],
    ['scp', 'from a host', 'alpha:/srv/disk.raw', '/srv/scp-down/x.raw'],
    ['ssh', 'to a host', '/srv/disk.raw', 'alpha:/srv/ssh-up/x.raw'],
    ['ssh', 'from a host', 'alpha:/srv/disk.raw', '/srv/ssh-down/x.raw'],
    ['ssh', 'from host to host', 'alpha:/srv/disk.raw', 'beta:/srv/ssh-between/x.raw'],
    ['http', 'from a web server', 'http://alpha:8080/disk.raw', '/srv/http-down/x.raw'],
  ])(
    'goes from 10 to 40 to 5 MiB/s and nothing and on, as the bytes that arrive tell: %s %s',
    async (driver, _where, from, to) => {
      const [path = '', name = 'here'] = to.split(':').toReversed();
      const file = lab().host(name).outside(path);
      const directory = file.replace(/\/x\.raw$/, '');
      await mkdir(directory);
      const expectLimit = (bandwidth: number): Promise<void> =>
        expectRate(() => arrivedIn(directory), bandwidth, { windowMs, windows, tolerance });
      const copy = startSteeredCopy(lab().here, { from, to, driver, bandwidth: 10 * mebibyte });
      await untilArrived(copy, directory, mebibyte);
      await expectLimit(10 * mebibyte);
      for (const bandwidth of [40 * mebibyte, 5 * mebibyte]) {
        const answer = await copy.order(`limit ${bandwidth}`);
        expect(answer).toMatchObject({ verb: 'limit', inForce: { bandwidth } });
        expect(answer.ms, 'milliseconds until the limit was in force').toBeLessThan(inForceMs);
        await delay(inForceMs);
        await expectLimit(bandwidth);
      }

      expect(await copy.order('pause')).toMatchObject({ verb: 'pause', state: 'paused' });
      await delay(settleMs);
      const before = await arrivedIn(directory);
      await delay(pauseMs);
      expect((await arrivedIn(directory)) - before, 'bytes that arrived while it was paused').toBe(0);
      expect(await copy.order('resume')).toMatchObject({ verb: 'resume', state: 'running' });
      await expect.poll(() => arrivedIn(directory), { timeout: 2000, interval: 20 }).toBeGreaterThan(before);

      expect(await copy.order('limit none')).toMatchObject({ verb: 'limit', inForce: {} });
      expect(await copy.over).toMatchObject({ verb: 'result', driver, verified: { by: 'size' } });
      expect(await sha256(file)).toBe(digest);
      // The disks of the lab are small.
      await rm(directory, { recursive: true });
    },
    pauseMs + 4 * windows * windowMs + 120_000,
  );
});
