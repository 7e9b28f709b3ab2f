import { mkdir, readdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { TaskRecord } from 'image-api';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import { describeLab } from '../src/describe-lab.ts';
import { expectExit } from '../src/expect-copied.ts';
import { allocated, sha256, writeRandomImage } from '../src/image-files.ts';
import type { ImagectlResult, RunningImagectl } from '../src/imagectl.ts';
import { processesOf } from '../src/processes.ts';

const mebibyte = 1024 * 1024;
const slowly = ['--limit', '4MiB/s'];

describeLab('a copy that runs in another terminal', { hosts: { alpha: {} } }, (lab) => {
  let digest: string;
  beforeAll(async () => {
    digest = await writeRandomImage(lab().here.outside('/srv/disk.raw'), 40);
    for (const host of lab().all) await mkdir(host.outside('/srv/out'));
  });
  beforeEach(async () => {
    for (const host of lab().all) await host.run(['sh', '-c', 'rm -f /srv/out/* /srv/out/.[!.]*']);
  });

  const imagectl = async (...args: readonly string[]): Promise<ImagectlResult> => lab().imagectl(args, { noSshConfig: true });

  const tasks = async (): Promise<readonly TaskRecord[]> => {
    const { stdout } = await imagectl('tasks', '--json');
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as TaskRecord);
  };

  /** The one that copies to `to`, as soon as it has moved a mebibyte. */
  const taskTo = async (to: string): Promise<TaskRecord> => {
    for (let round = 0; round < 100; round += 1) {
      const found = (await tasks()).find(
        (task) => task.to.endsWith(to) && task.state === 'running' && task.progress.bytesLogical > mebibyte,
      );
      if (found) return found;
      await delay(100);
    }
    throw new Error(`no task copies to ${to}: ${JSON.stringify(await tasks())}`);
  };

  const start = (to: string, ...args: readonly string[]): RunningImagectl => lab().start(['copy', '/srv/disk.raw', to, ...slowly, ...args]);

  const here = (name: string): string => lab().here.outside(`/srv/out/${name}`);

  it('is listed with a live rate, driver and limit, for people and for programs', async () => {
    const running = start('/srv/out/listed.raw');
    const task = await taskTo('listed.raw');
    expect(task).toMatchObject({ state: 'running', driver: expect.any(String), limits: { bandwidth: 4 * mebibyte } });
    expect(task.progress.rate).toBeGreaterThan(mebibyte);
    expect(task.progress.rate).toBeLessThan(8 * mebibyte);
    const { stdout } = await imagectl('tasks');
    expect(stdout).toMatch(new RegExp(`^${task.id.slice(0, 8)} +running +\\d+ % .*4 MiB\\/s.*/srv/out/listed.raw$`, 'm'));
    expectExit(await imagectl('cancel', task.id.slice(0, 6)), 0);
    expectExit(await running.done, 130);
  });

  it.each(['/srv/out/steered.raw', 'alpha:/srv/out/steered.raw'])('is limited, paused and resumed within a second: to %s', async (to) => {
    const running = start(to);
    const { id } = await taskTo('steered.raw');
    const path = to.startsWith('alpha:') ? lab().host('alpha').outside('/srv/out') : here('');
    const arrived = async (): Promise<number> => {
      const [name = ''] = await readdir(path);
      return allocated(`${path}/${name}`);
    };
    expectExit(await imagectl('pause', id), 0);
    await delay(1000);
    const before = await arrived();
    await delay(1500);
    expect(await arrived(), 'while it is paused').toBe(before);
    expect((await tasks()).find((task) => task.id === id)?.state).toBe('paused');
    expectExit(await imagectl('resume', id), 0);
    const limited = await imagectl('limit', id, 'none', '--json');
    expect(JSON.parse(limited.stdout)).toMatchObject({ id, limits: {} });
    const result = await running.done;
    expectExit(result, 0);
    // At the old limit it would have taken eight seconds more.
    expect(result.seconds).toBeLessThan(11);
    const arrivedAs = to.startsWith('alpha:') ? lab().host('alpha').outside('/srv/out/steered.raw') : here('steered.raw');
    expect(await sha256(arrivedAs)).toBe(digest);
  });

  it('is cancelled within a second, and leaves nothing', async () => {
    const running = start('/srv/out/cancelled.raw');
    const { id } = await taskTo('cancelled.raw');
    const asked = await imagectl('cancel', id);
    expectExit(asked, 0);
    expect(asked.stdout).toBe(`${id.slice(0, 8)} is cancelled\n`);
    const result = await running.done;
    expectExit(result, 130);
    expect(result.stderr).toContain('by imagectl cancel');
    expect(
      (await lab().here.run(['sh', '-c', 'ls -d /tmp/image-api-0/s* /run/user/0/image-api/s* 2>/dev/null; true'])).stdout,
      'its socket',
    ).toBe('');
    expect(await readdir(here(''))).toEqual([]);
    expect((await tasks()).find((task) => task.id === id)).toMatchObject({ state: 'cancelled', error: { code: 'CANCELLED' } });
  });

  it('leaves no ghost when it is killed', async () => {
    const running = start('/srv/out/killed.raw');
    const { id } = await taskTo('killed.raw');
    process.kill(await running.pid(), 'SIGKILL');
    await running.done;
    expect((await tasks()).filter((task) => task.id === id)).toEqual([]);
    expectExit(await imagectl('pause', id), 2);
  });

  it('goes on in the background, and its result is listed afterwards', async () => {
    const detached = await lab().imagectl(['copy', '/srv/disk.raw', 'alpha:/srv/out/behind.raw', '--limit', '20MiB/s', '--detach']);
    expectExit(detached, 0);
    const id = detached.stdout.trim();
    expect((await tasks()).find((task) => task.id === id)?.state).toBe('running');
    const listed = async (): Promise<TaskRecord | undefined> =>
      (await tasks()).find((task) => task.id === id && task.endedAt !== undefined);
    await expect
      .poll(listed, { timeout: 20_000, interval: 300 })
      .toMatchObject({ state: 'succeeded', result: { verified: { by: 'size' } } });
    expect(await sha256(lab().host('alpha').outside('/srv/out/behind.raw'))).toBe(digest);
    await expect.poll(async () => (await processesOf(lab().here)).map(({ args }) => args.join(' '))).toEqual([]);
  });

  it('does not go to the background when it cannot begin', async () => {
    const failed = await lab().imagectl(['copy', '/srv/nothing.raw', '/srv/out/x.raw', '--detach']);
    expectExit(failed, 4);
    expect(failed.stderr).toContain('/srv/nothing.raw does not exist');
    expectExit(await lab().imagectl(['copy', '/srv/disk.raw', '/srv/out/x.raw', '--limit', '5', '--detach', '--json']), 2);
  });

  it('cannot be steered by a wrong id, nor by another user', async () => {
    expectExit(await imagectl('pause', 'ffff'), 2);
    const runtime = await lab().here.run(['sh', '-c', 'stat -c %a /run/user/0/image-api /tmp/image-api-0 2>/dev/null; true']);
    expect(
      String(runtime.stdout)
        .split('\n')
        .filter((mode) => mode !== '' && mode !== '700'),
    ).toEqual([]);
  });
});
