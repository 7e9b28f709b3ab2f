import { chmod, mkdir, open, readFile, symlink, writeFile } from 'node:fs/promises';
import { exitStatus } from 'image-api';
import type { ErrorCode } from 'image-api';
import { beforeAll, describe, expect, it } from 'vitest';
import { describeLab } from '../src/describe-lab.ts';
import { expectExit } from '../src/expect-copied.ts';
import { writeRandomImage } from '../src/image-files.ts';
import type { ImagectlOptions, ImagectlResult } from '../src/imagectl.ts';
import { mountFilesystem } from '../src/loop-filesystem.ts';
import { failureOf } from '../src/result-lines.ts';

const asNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];

/** What cannot be had from bad input alone; the other codes are provoked elsewhere. */
describeLab('error codes', { hosts: { alpha: {} }, tools: ['mkfs.btrfs'], sideBySide: true }, (lab) => {
  beforeAll(async () => {
    await writeRandomImage(lab().here.outside('/srv/disk.raw'), 8);
    for (const host of lab().all) {
      await mkdir(host.outside('/srv/open'));
      await chmod(host.outside('/srv/open'), 0o777);
    }
    const listen = `require('node:net').createServer(() => undefined).listen(873, () => console.log('up'))`;
    await lab()
      .host('alpha')
      .run([
        'sh',
        '-c',
        '"$1" -e "$2" >/run/silent 2>&1 & while ! grep -q up /run/silent; do sleep 0.05; done',
        'sh',
        process.execPath,
        listen,
      ]);
  });

  const failing = async (args: readonly string[], options?: ImagectlOptions): Promise<ImagectlResult> =>
    lab().imagectl(['copy', ...args, '--json'], options);

  const expectCode = (result: ImagectlResult, code: ErrorCode): void => {
    expectExit(result, exitStatus(code));
    expect(failureOf(result), result.story).toMatchObject({ code });
  };

  /** A directory of programs to be looked up in. */
  const tools = async (name: string, programs: Readonly<Record<string, string>>): Promise<string> => {
    const directory = `/srv/${name}`;
    await mkdir(lab().here.outside(directory));
    for (const [tool, script] of Object.entries(programs))
      await writeFile(lab().here.outside(`${directory}/${tool}`), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return directory;
  };

  describe.concurrent('are told when', () => {
    it('the source may not be read', async () => {
      await writeRandomImage(lab().here.outside('/srv/private.raw'), 1);
      await chmod(lab().here.outside('/srv/private.raw'), 0o600);
      const result = await failing(['/srv/private.raw', '/srv/open/private.raw'], { through: asNobody, noSshConfig: true });
      expectCode(result, 'SOURCE_UNREADABLE');
    });

    it('the disk of the source gives back damaged bytes', async () => {
      const { here } = lab();
      const damaged = await mountFilesystem(here, 'btrfs', 128);
      await writeRandomImage(here.outside(`${damaged}/disk.raw`), 16);
      const mark = (await readFile(here.outside(`${damaged}/disk.raw`))).subarray(12 * 2 ** 20, 12 * 2 ** 20 + 4096);
      await here.run(['umount', damaged]);
      const image = await open(here.outside('/srv/btrfs.fs'), 'r+');
      const at = (await image.readFile()).indexOf(mark);
      await image.write(Buffer.from([mark[0]! ^ 1]), 0, 1, at);
      await image.close();
      await here.run(['mount', '-o', 'loop', '/srv/btrfs.fs', damaged]);
      const args = [`${damaged}/disk.raw`, '/srv/open/d.raw', '--driver', 'cp'];
      expectCode(await failing(args, { config: { retry: { attempts: 1 } } }), 'READ_FAILED');
      await here.run(['umount', damaged]);
    });

    it('a tool ends with words nobody knows', async () => {
      const broken = await tools('broken', {
        rsync: 'case $1 in --version) exec /usr/bin/rsync --version;; *) echo "rsync: the moon is too close" >&2; exit 77;; esac',
      });
      const result = await failing(['/srv/disk.raw', '/srv/open/a.raw', '--driver', 'rsync'], {
        env: { PATH: `${broken}:/usr/bin:/usr/sbin` },
      });
      expectCode(result, 'TOOL_FAILED');
      expect(failureOf(result).message).toContain('the moon is too close');
    });

    it('a tool is gone when it is needed', async () => {
      const vanishing = await tools('vanishing', { rsync: 'rm -- "$0"; exec /usr/bin/rsync "$@"' });
      for (const tool of ['sh', 'flock', 'setpriv', 'rm', 'stat', 'sync', 'ln', 'mv', 'ssh', 'cp', 'node'])
        await symlink(`/usr/bin/${tool}`, lab().here.outside(`${vanishing}/${tool}`));
      const result = await failing(['/srv/disk.raw', '/srv/open/b.raw', '--driver', 'rsync'], { env: { PATH: vanishing } });
      expectCode(result, 'TOOL_MISSING');
    });

    it('a daemon takes the call and says nothing', async () => {
      const failure = await failing(['/srv/disk.raw', 'rsync://alpha/images/x.raw']);
      expectCode(failure, 'UNREACHABLE');
      expect(failureOf(failure).message).toContain('did not answer within 10 s');
    });

    it('no more files may be opened', async () => {
      const result = await failing(['/srv/disk.raw', '/srv/open/e.raw'], { through: ['prlimit', '--nofile=24'] });
      expectCode(result, 'RESOURCES');
    });

    it('no more processes may be started', async () => {
      // Node itself has so many threads, and there are none for a tool.
      const count = `require('fs').readFile('/proc/self/status', 'utf8', (_, text) => console.log(/Threads:\\s+(\\d+)/.exec(text)[1]))`;
      const { stdout } = await lab().here.run([process.execPath, '-e', count]);
      const through = [...asNobody, 'prlimit', `--nproc=${String(stdout)}`];
      expectCode(await failing(['/srv/disk.raw', '/srv/open/f.raw'], { through, noSshConfig: true }), 'RESOURCES');
    });
  });
});
