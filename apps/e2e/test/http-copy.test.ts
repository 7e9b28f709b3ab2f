import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { describeLab } from '../src/describe-lab.ts';
import { expectCopied, expectExit } from '../src/expect-copied.ts';
import { arrivedIn } from '../src/growth.ts';
import { startImagectl } from '../src/imagectl.ts';
import type { RunningImagectl } from '../src/imagectl.ts';
import { writeRandomImage } from '../src/image-files.ts';
import type { LabHost } from '../src/lab-host.ts';
import { startNginx } from '../src/nginx-server.ts';
import type { NginxServer } from '../src/nginx-server.ts';
import { candidateOf, planOf } from '../src/plan-of.ts';
import { resultOf } from '../src/result-lines.ts';

const mebibyte = 1024 * 1024;
const size = 64 * mebibyte;

describeLab('an image from nginx', { hosts: { store: {}, target: {} }, rate: '200mbit', tools: ['nginx', 'curl'] }, (lab) => {
  let digest = '';
  let nginx: NginxServer;
  beforeAll(async () => {
    digest = await writeRandomImage(lab().host('store').outside('/srv/disk.raw'), 64);
  });
  beforeEach(async () => {
    nginx = await startNginx(lab().host('store'));
  });
  afterEach(() => nginx.stop());

  async function start(to: string, ...words: readonly string[]): Promise<RunningImagectl> {
    await mkdir(dirname(lab().here.outside(to)), { recursive: true });
    return startImagectl(lab().here, ['copy', `${nginx.origin}/disk.raw`, to, '--json', ...words]);
  }

  async function untilArrived(directory: string, bytes: number, host: LabHost = lab().here): Promise<void> {
    for (let round = 0; round < 1000; round += 1) {
      if ((await arrivedIn(host.outside(directory))) >= bytes) return;
      await delay(20);
    }
    throw new Error(`${bytes} bytes do not come`);
  }

  it('is there, complete, and its digest was computed on the way', async () => {
    const result = await (await start('/srv/plain/x.raw', '--verify', 'sha256')).done;
    await expectCopied(result, { host: lab().here, path: '/srv/plain/x.raw' }, digest);
    expect(resultOf(result)).toMatchObject({ driver: 'http', verified: { by: 'sha256', digest: `sha256:${digest}` } });
  });

  it('goes on by itself when its server was away, and hardly anything comes twice', async () => {
    const copy = await start('/srv/away/x.raw');
    await untilArrived('/srv/away', size / 2);
    await nginx.stop();
    await delay(8000);
    nginx = await startNginx(lab().host('store'));
    const result = await copy.done;
    await expectCopied(result, { host: lab().here, path: '/srv/away/x.raw' }, digest);
    const { attempts, counters } = resultOf(result);
    expect(attempts.length).toBeGreaterThan(1);
    expect(counters.bytesRead, 'bytes fetched by all tries').toBeLessThan(size * 1.01);
  });

  it('goes on from what a killed copy left', async () => {
    const copy = await start('/srv/killed/x.raw', '--limit', '16MiB/s');
    await untilArrived('/srv/killed', size / 2);
    process.kill(await copy.pid(), 'SIGKILL');
    await copy.done;
    const result = await (await start('/srv/killed/x.raw')).done;
    await expectCopied(result, { host: lab().here, path: '/srv/killed/x.raw' }, digest);
    // What is recorded, 8 MiB at a time, and what comes while the disk makes sure of that.
    expect(resultOf(result).counters.bytesRead, 'bytes fetched by the second').toBeLessThan(size / 2 + 12 * mebibyte);
  });

  it('leaves nothing when it is interrupted', async () => {
    const copy = await start('/srv/interrupted/x.raw', '--limit', '8MiB/s');
    await untilArrived('/srv/interrupted', 8 * mebibyte);
    process.kill(await copy.pid(), 'SIGINT');
    expectExit(await copy.done, 130);
    expect(await arrivedIn(lab().here.outside('/srv/interrupted'))).toBe(0);
  });

  describe('to a host', () => {
    const target = (): LabHost => lab().host('target');

    async function startTo(directory: string, ...words: readonly string[]): Promise<RunningImagectl> {
      await target().run(['mkdir', '-p', directory]);
      return startImagectl(lab().here, ['copy', `${nginx.origin}/disk.raw`, `target:${directory}/x.raw`, '--json', ...words]);
    }

    const halfway = (directory: string): Promise<void> => untilArrived(directory, size / 2, target());

    /** Whatever holds much, with or without a name, and is newer than the mark. */
    async function largeFilesHere(pid: number): Promise<string> {
      const named = 'find /srv /tmp /run /dev/shm -xdev -type f -size +255k -newer /srv/mark';
      const open = `find -L /proc/${pid}/fd -type f -size +255k -newer ${lab().here.outside('/srv/mark')}`;
      return String((await lab().here.run(['sh', '-c', named])).stdout) + (await execa('sh', ['-c', open], { reject: false })).stdout;
    }

    it('is there, complete, and no file of this machine ever held a part of it', async () => {
      await lab().here.run(['touch', '/srv/mark']);
      const copy = await startTo('/srv/plain', '--verify', 'sha256');
      await halfway('/srv/plain');
      const found = await largeFilesHere(await copy.pid());
      const result = await copy.done;
      expect(found).toBe('');
      await expectCopied(result, { host: target(), path: '/srv/plain/x.raw' }, digest);
      expect(resultOf(result)).toMatchObject({ driver: 'http', verified: { by: 'sha256', digest: `sha256:${digest}` } });
    });

    it('is planned with the way it goes', async () => {
      const plan = await planOf(lab(), [`${nginx.origin}/disk.raw`, 'target:/srv/planned.raw']);
      expect(plan.driver).toBe('http');
      expect(candidateOf(plan, 'http')).toMatchObject({ accepted: true, commands: [] });
      expect(JSON.stringify(plan)).toContain('by the memory of this machine');
    });

    it('goes on from what a killed copy left', async () => {
      const copy = await startTo('/srv/killed', '--limit', '16MiB/s');
      await halfway('/srv/killed');
      process.kill(await copy.pid(), 'SIGKILL');
      await copy.done;
      const result = await (await startTo('/srv/killed')).done;
      await expectCopied(result, { host: target(), path: '/srv/killed/x.raw' }, digest);
      expect(resultOf(result).counters.bytesRead, 'bytes fetched by the second').toBeLessThan(size / 2 + 12 * mebibyte);
    });

    it('leaves nothing when it is interrupted', async () => {
      const copy = await startTo('/srv/interrupted', '--limit', '8MiB/s');
      await untilArrived('/srv/interrupted', 8 * mebibyte, target());
      process.kill(await copy.pid(), 'SIGINT');
      expectExit(await copy.done, 130);
      expect(await arrivedIn(target().outside('/srv/interrupted'))).toBe(0);
    });
  });
});
