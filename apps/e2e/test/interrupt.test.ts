import { mkdir, readdir, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import { describeLab } from '../src/describe-lab.ts';
import { expectExit } from '../src/expect-copied.ts';
import { allocated, sha256, writeRandomImage } from '../src/image-files.ts';
import type { RunningImagectl } from '../src/imagectl.ts';
import { listing } from '../src/listing.ts';
import { processesOf } from '../src/processes.ts';
import { failureOf } from '../src/result-lines.ts';

const mebibyte = 1024 * 1024;

describeLab('a copy that is interrupted', { hosts: { alpha: {}, bare: { without: ['rsync'] }, gamma: { admits: ['here'] } } }, (lab) => {
  beforeAll(async () => {
    for (const name of ['here', 'alpha']) await writeRandomImage(lab().host(name).outside('/srv/disk.raw'), 60);
    for (const host of lab().all) await mkdir(host.outside('/srv/out'));
  });
  beforeEach(async () => {
    for (const host of lab().all) await host.run(['sh', '-c', 'rm -f /srv/out/* /srv/out/.[!.]*']);
  });

  /** Starts a copy that would take a minute, and waits until a mebibyte has arrived. */
  const inTheMiddle = async (host: string, args: readonly string[]): Promise<RunningImagectl> => {
    const running = lab().start(['copy', ...args, '--limit', '2MiB/s', '--json']);
    const ended = running.done.then(() => true);
    const deadline = performance.now() + 10_000;
    do if ((await arrived(host)) > mebibyte) return running;
    while (performance.now() < deadline && !(await Promise.race([ended, delay(25, false)])));
    await running.pid().then(
      (pid) => process.kill(pid, 'SIGKILL'),
      () => undefined,
    );
    throw new Error(`no bytes arrived: ${(await running.done).story}`);
  };

  const arrived = async (host: string): Promise<number> => {
    const directory = lab().host(host).outside('/srv/out');
    const files = (await readdir(directory)).filter((name) => name !== 'old.raw');
    return Math.max(0, ...(await Promise.all(files.map((name) => allocated(`${directory}/${name}`)))));
  };

  const copies = [
    { what: 'here by rsync', to: 'here', args: ['/srv/disk.raw', '/srv/out/x.raw'] },
    { what: 'up by rsync', to: 'alpha', args: ['/srv/disk.raw', 'alpha:/srv/out/x.raw'] },
    { what: 'down by rsync', to: 'here', args: ['alpha:/srv/disk.raw', '/srv/out/x.raw'] },
    { what: 'up by scp', to: 'bare', args: ['/srv/disk.raw', 'bare:/srv/out/x.raw'] },
    { what: 'from host to host through here', to: 'gamma', args: ['alpha:/srv/disk.raw', 'gamma:/srv/out/x.raw'] },
  ];

  for (const { what, to, args } of copies) {
    it(`ends with 130 on Ctrl-C, within three seconds, and leaves nothing: ${what}`, async () => {
      const running = await inTheMiddle(to, args);
      const pressedAt = performance.now();
      process.kill(-(await running.pid()), 'SIGINT');
      const result = await running.done;
      expect(performance.now() - pressedAt, result.story).toBeLessThan(3000);
      expectExit(result, 130);
      expect(failureOf(result).code, result.story).toBe('CANCELLED');
      expect(
        (await processesOf(lab().here)).map((child) => child.args.join(' ')),
        'no child is left on this side',
      ).toEqual([]);
      expect(await readdir(lab().host(to).outside('/srv/out')), 'no file, under no name').toEqual([]);
    });
  }

  it('leaves the old destination as it was', async () => {
    const old = lab().host('alpha').outside('/srv/out/old.raw');
    const digest = await writeRandomImage(old, 1);
    const running = await inTheMiddle('alpha', ['/srv/disk.raw', 'alpha:/srv/out/old.raw', '--overwrite', 'replace']);
    process.kill(await running.pid(), 'SIGTERM');
    const result = await running.done;
    expect(result.exitCode, result.story).toBe(130);
    expect(await sha256(old)).toBe(digest);
    expect(await readdir(lab().host('alpha').outside('/srv/out'))).toEqual(['old.raw']);
  });

  for (const { what, to, args } of copies) {
    it(`leaves no worker on any host when imagectl is killed with -9: ${what}`, async () => {
      const running = await inTheMiddle(to, args);
      process.kill(await running.pid(), 'SIGKILL');
      await running.done;
      const deadline = performance.now() + 5000;
      let left: readonly string[] = ['unknown'];
      while (left.length > 0 && performance.now() < deadline) {
        const processes = await Promise.all(
          lab().all.map(async (host) => (await processesOf(host)).map((one) => `${host.name}: ${one.args.join(' ')}`)),
        );
        left = processes.flat();
        await delay(50);
      }
      expect(left).toEqual([]);
      expect(await readdir(lab().host(to).outside('/srv/out')), 'not under the real name').not.toContain('x.raw');
      await expectNoFilesLeft();
    });
  }

  it('goes on from where it was when the same copy is started again after a kill', async () => {
    const running = await inTheMiddle('alpha', ['/srv/disk.raw', 'alpha:/srv/out/x.raw']);
    process.kill(await running.pid(), 'SIGKILL');
    await running.done;
    const [partial] = await readdir(lab().host('alpha').outside('/srv/out'));
    expect(partial, 'what had arrived is kept').toMatch(/^\..*\.part$/);
    const result = await lab().imagectl(['copy', '/srv/disk.raw', 'alpha:/srv/out/x.raw', '--json', '--verify', 'sha256']);
    expectExit(result, 0);
    expect(result.stdout, 'the first try goes on').toContain('"held":"resume"');
    expect(await readdir(lab().host('alpha').outside('/srv/out'))).toEqual(['x.raw']);
  });

  it('leaves nothing that gc does not find, over ssh as well, by itself or in a directory that is named', async () => {
    for (const args of [[], ['alpha:/srv/out']]) {
      const running = await inTheMiddle('alpha', ['/srv/disk.raw', 'alpha:/srv/out/x.raw']);
      const held = await lab().imagectl(['gc', '--older-than', '0s', ...args]);
      expect(held.stdout, held.story).toContain('1 held: a copy is using it');
      process.kill(await running.pid(), 'SIGKILL');
      await running.done;
      await expect
        .poll(async () => (await lab().imagectl(['gc', ...args])).stdout, { timeout: 10_000 })
        .toMatch(/^kept .* ssh:\/\/alpha\/srv\/out\/\.x\.raw\./m);
      await expect
        .poll(() => lab().imagectl(['gc', '--older-than', '0s', '--json', ...args]), { timeout: 10_000 })
        .toMatchObject({
          exitCode: 0,
          stdout: expect.stringContaining('"state":"removed"'),
        });
      expect(await readdir(lab().host('alpha').outside('/srv/out'))).toEqual([]);
    }
    expect((await lab().imagectl(['gc'])).stdout).toBe('no interrupted copy has left anything\n');
  });

  /** Who is killed with -9 cannot put away its private directories; nobody's bytes are in them. */
  const expectNoFilesLeft = async (): Promise<void> => {
    const here = await listing(lab().here, '/tmp', { oneDevice: true });
    // What is told of copies that ended is no copy's, nor is what was learnt of programs.
    const files = Object.entries(here).filter(([path, what]) => what.startsWith('file') && !/\/(finished|known-programs)\//.test(path));
    expect(files).toEqual([]);
    for (const path of Object.keys(here).filter((name) => name.startsWith('image-api-')))
      await rm(lab().here.outside(`/tmp/${path}`), { recursive: true, force: true });
  };
});
