import { chmod, link, mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises';
import { posix } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { describeLab } from '../src/describe-lab.ts';
import { expectExit } from '../src/expect-copied.ts';
import { sha256, writeRandomImage } from '../src/image-files.ts';
import type { ImagectlResult } from '../src/imagectl.ts';
import type { LabHost } from '../src/lab-host.ts';
import { candidateOf, planOf } from '../src/plan-of.ts';
import { processesOf } from '../src/processes.ts';
import { failureOf } from '../src/result-lines.ts';

/** Whatever is in it must never be seen again. */
const secret = 'cana7y-s3cret';

/** Clears the screen, names the window, and forges a line. */
const attack = '\u001b[2J\u001b]0;owned\u0007\nimagectl: copied all of it\r';
const attackForPrintf = String.raw`\033[2J\033]0;owned\007\nimagectl: copied all of it\r`;

const passwords = [
  ['copy', `rsync://bob:${secret}@alpha/images/x.raw`, '/srv/new.raw', '--json', '--debug'],
  ['copy', '/srv/disk.raw', `ssh://bob:${secret}@alpha/srv/x.raw`, '--debug'],
  ['copy', `bob:${secret}@alpha:/srv/disk.raw`, '/srv/new.raw'],
  ['plan', '/srv/disk.raw', `rsync://bob:${secret}@alpha/images/x.raw`],
  ['plan', `https://bob:${secret}@alpha/x.raw`, '/srv/new.raw', '--json'],
  ['inspect', `ssh://bob:${secret}@alpha/srv/disk.raw`, '--debug'],
] as const;

const hostileAddresses = [
  'a;touch injected:/srv/x.raw',
  '$(touch injected):/srv/x.raw',
  '`touch injected`@alpha:/srv/x.raw',
  'ssh://alpha%3Btouch%20injected/srv/x.raw',
  'ssh://-oProxyCommand=touch%20injected/srv/x.raw',
  'ssh://alpha:22;touch injected/srv/x.raw',
  'ssh://[fe80::1%25eth0]/srv/x.raw',
  'rsync://-oProxyCommand=touch/images/x.raw',
  'rsync://-rsh=touch@alpha/images/x.raw',
  'alpha:/srv/../x.raw',
  'ssh://alpha/srv/%00x.raw',
  `alpha:/srv/${attack}.raw`,
  `/srv/${attack}.raw`,
  `${attack}:/srv/x.raw`,
] as const;

/** Variables that change what node, a shell, rsync, ssh, perl or the loader do, and two secrets. */
const hostileVariables = {
  RSYNC_RSH: '/srv/evil',
  RSYNC_CONNECT_PROG: '/srv/evil',
  RSYNC_OLD_ARGS: '1',
  RSYNC_PARTIAL_DIR: '/srv/evil.d',
  RSYNC_PASSWORD: secret,
  LD_LIBRARY_PATH: '/srv/evil.d',
  NODE_OPTIONS: '--no-warnings',
  GIT_SSH_COMMAND: '/srv/evil',
  SSH_ASKPASS: '/srv/evil',
  BASH_ENV: '/srv/evil',
  ENV: '/srv/evil',
  PERL5OPT: '-MEvil',
  AWS_SECRET_ACCESS_KEY: secret,
  LANG: 'de_DE.UTF-8',
};

/** All a child may know: what is let through, what is added for it, and what a shell makes up. */
const permittedVariables = /^(PATH|HOME|TZ|LC_ALL|SSH_AUTH_SOCK|IMAGE_API_(SSH_DIR|PACE_[A-Z]+)|PWD|OLDPWD|SHLVL|_)$/;

/** Limited, so that there is time to look. */
const slowCopies = [
  ['/srv/large.raw', '/srv/out/here.raw'],
  ['/srv/large.raw', 'alpha:/srv/out/up-by-rsync.raw', '--driver', 'rsync'],
  ['/srv/large.raw', 'alpha:/srv/out/up-by-scp.raw', '--driver', 'scp'],
  ['alpha:/srv/large.raw', '/srv/out/down-by-rsync.raw', '--driver', 'rsync'],
] as const;

describeLab('the fences', { hosts: { alpha: {}, evil: {} }, sideBySide: true }, (lab) => {
  beforeAll(async () => {
    for (const host of lab().all) {
      await mkdir(host.outside('/srv/out'));
      await writeRandomImage(host.outside('/srv/disk.raw'), 2);
      await writeRandomImage(host.outside('/srv/large.raw'), 6);
    }
    await program(lab().here, '/srv/evil', 'touch /srv/injected; exit 1');
  });

  const everything = ({ stdout, stderr }: ImagectlResult): string => stdout + stderr;

  const expectPrintable = (result: ImagectlResult): void => {
    expect(everything(result).replaceAll('\n', ''), JSON.stringify(result.story)).not.toMatch(/\p{Cc}/u);
    expect(everything(result), 'no line is forged').not.toMatch(/^imagectl: copied all of it/m);
  };

  it('let only harmless variables through to the tools, and no secret into words', async () => {
    const copies = slowCopies.map((words) =>
      lab().imagectl(['copy', ...words, '--limit', '4MiB/s', '--json', '--debug'], { env: hostileVariables }),
    );
    const ended = Promise.all(copies).then(() => true);
    const known = new Map<string, Set<string>>();
    const words: string[] = [];
    do
      for (const { pid, args } of await processesOf(lab().here)) {
        const [tool = ''] = args;
        const isImagectl = args.some((word) => word.endsWith('imagectl.js'));
        // This test's own way to hand it variables, before it has begun.
        if (!isImagectl || !/^(nsenter|setsid|env)$/.test(tool)) words.push(...args);
        // imagectl itself, and what it is for the moment between two system calls.
        if (isImagectl || !/rsync|scp|ssh|^sh$|flock/.test(tool)) continue;
        const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
        const names = environment.split('\0').flatMap((pair) => /^(.+?)=/s.exec(pair)?.[1] ?? []);
        known.set(tool, new Set([...(known.get(tool) ?? []), ...names]));
      }
    while (!(await Promise.race([ended, delay(20, false)])));
    for (const result of await Promise.all(copies)) {
      expectExit(result, 0);
      expect(everything(result)).not.toContain(secret);
    }
    expect([...known.keys()]).toEqual(expect.arrayContaining(['rsync', 'scp', 'ssh']));
    for (const [tool, names] of known)
      expect(
        [...names].filter((name) => !permittedVariables.test(name)),
        tool,
      ).toEqual([]);
    expect(known.get('rsync')).toContain('PATH');
    expect(words.join(' ')).not.toContain(secret);
    expect(await readdir(lab().here.outside('/srv'))).not.toContain('injected');
  });

  describe.concurrent('at once', () => {
    it.each(passwords.map((words) => [words]))('keep a password in an address out of all that is printed: %j', async (words) => {
      const result = await lab().imagectl(words, { noSshConfig: words[0] === 'inspect' });
      expectExit(result, 2);
      expect(everything(result)).not.toContain(secret);
    });

    it.each(hostileAddresses)('keep out what is no address, and run nothing: %j', async (address) => {
      const result = await lab().imagectl(['copy', '--json', '--', '/srv/disk.raw', address]);
      expectExit(result, 2);
      expect(['BAD_ENDPOINT', 'BAD_PATH']).toContain(failureOf(result).code);
      expectPrintable(result);
      for (const host of lab().all) expect((await readdir(host.outside('/srv'))).join()).not.toContain('injected');
    });

    describe.each([
      ['here', ''],
      ['over ssh', 'alpha:'],
    ])('%s', (_where, prefix) => {
      const host = (): LabHost => (prefix === '' ? lab().here : lab().host('alpha'));
      const copy = (...words: readonly string[]): Promise<ImagectlResult> => lab().imagectl(['copy', ...words, '--overwrite', 'replace']);

      it('keep out a name with control characters that a link leads to', async () => {
        await writeRandomImage(host().outside(`/srv/${attack}.raw`), 1);
        await mkdir(host().outside(`/srv/${attack}`));
        await symlink(`${attack}.raw`, host().outside('/srv/innocent.raw'));
        await symlink(attack, host().outside('/srv/innocent'));
        for (const words of [
          [`${prefix}/srv/innocent.raw`, '/srv/out/innocent.raw'],
          ['/srv/disk.raw', `${prefix}/srv/innocent/x.raw`],
        ]) {
          const told = await copy(...words, '--json');
          expectExit(told, 2);
          expect(failureOf(told)).toMatchObject({ code: 'BAD_PATH', message: expect.stringContaining('innocent') });
          for (const result of [told, await copy(...words, '--debug')]) expectPrintable(result);
        }
        expect(await readdir(host().outside(`/srv/${attack}`))).toEqual([]);
      });

      it.each(['link', 'directory', 'pipe', 'second name'])(
        'do not write through a %s that was put in place of the staging file',
        async (what) => {
          const destination = `/srv/out/${what.replace(' ', '-')}.raw`;
          const victim = `/srv/precious ${what}`;
          await writeFile(host().outside(victim), 'precious');
          const { staging } = await planOf(lab(), ['/srv/disk.raw', `${prefix}${destination}`]);
          const planted = `/srv/out/${posix.basename(staging)}`;
          if (what === 'link') await symlink(victim, host().outside(planted));
          else if (what === 'directory') await mkdir(host().outside(planted));
          else if (what === 'pipe') await host().run(['mkfifo', planted]);
          else await link(host().outside(victim), host().outside(planted));
          const result = await copy('/srv/disk.raw', `${prefix}${destination}`, '--json');
          expect(await readFile(host().outside(victim), 'utf8'), result.story).toBe('precious');
          // A second name is what a copy leaves that was killed between giving the one and taking the other: it is taken, nothing else.
          if (what === 'second name') expectExit(result, 0);
          else expect(failureOf(result), result.story).toMatchObject({ code: 'DESTINATION_KIND' });
        },
      );

      it('know the source again through a bind mount, and through a loop device', async () => {
        const same = '/srv/same.raw';
        const digest = await writeRandomImage(host().outside(same), 2);
        await writeFile(host().outside('/srv/bound.raw'), '');
        await host().run(['mount', '--bind', same, '/srv/bound.raw']);
        const { stdout } = await host().run(['losetup', '--find', '--show', same]);
        try {
          for (const other of ['/srv/bound.raw', String(stdout)]) {
            const result = await copy(`${prefix}${same}`, `${prefix}${other}`, '--json');
            expect(failureOf(result), result.story).toMatchObject({ code: 'SAME_FILE' });
          }
          expect(await sha256(host().outside(same))).toBe(digest);
        } finally {
          await host().run(['losetup', '--detach', String(stdout)]);
          await host().run(['umount', '/srv/bound.raw']);
        }
      });
    });

    it('let no word of a far host steer the terminal', async () => {
      const evil = lab().host('evil');
      await program(
        evil,
        '/srv/rsync',
        `case $1 in --version) printf 'rsync  version 3.5.0 ${attackForPrintf}';; *) printf '${attackForPrintf}' >&2; exit 12;; esac`,
      );
      await evil.run(['mount', '--bind', '/srv/rsync', '/usr/bin/rsync']);
      await writeFile(evil.outside('/etc/ssh/sshrc'), `printf '${attackForPrintf}' >&2\n`);
      let said = '';
      for (const words of [
        ['copy', '/srv/disk.raw', 'evil:/srv/out/x.raw', '--driver', 'rsync', '--json', '--debug'],
        ['copy', '/srv/disk.raw', 'evil:/srv/out/x.raw', '--driver', 'rsync', '--debug'],
        ['copy', 'evil:/srv/disk.raw', '/srv/out/x.raw', '--driver', 'rsync'],
        ['copy', 'evil:/srv/nosuch.raw', '/srv/out/x.raw', '--json'],
        ['plan', 'evil:/srv/disk.raw', '/srv/out/x.raw'],
      ]) {
        const result = await lab().imagectl(words, { config: { retry: { attempts: 1 } } });
        expectPrintable(result);
        if (words[0] === 'copy') expect(result.exitCode, result.story).not.toBe(0);
        said += everything(result);
      }
      expect(said, 'what it said is told, in letters').toContain('\\x1b[2J');
    });

    it('keep out an rsync that is too old for a daemon, and say so of one with known holes', async () => {
      await mkdir(lab().here.outside('/srv/old-rsync'));
      await program(
        lab().here,
        '/srv/old-rsync/rsync',
        `case $1 in --version) echo 'rsync  version 3.3.0';; *) exec /usr/bin/rsync "$@";; esac`,
      );
      const env = { PATH: '/srv/old-rsync:/usr/bin:/usr/sbin' };
      const { stdout } = await lab().imagectl(['doctor', '--json'], { env, noSshConfig: true });
      expect(stdout).toContain('rsync 3.3.0 has known security holes');
      const result = await lab().imagectl(['copy', '/srv/disk.raw', 'rsync://alpha/images/x.raw'], { env });
      expectExit(result, 3);
      expect(result.stderr).toContain('rsync 3.3.0 is not safe with a daemon that is not trusted: needs 3.4.0');
    });

    it('keep out an scp that let a shell over there read the names', async () => {
      await mkdir(lab().here.outside('/srv/old-ssh'));
      await program(
        lab().here,
        '/srv/old-ssh/ssh',
        `case $1 in -V) echo 'OpenSSH_8.9p1, OpenSSL 3.0' >&2;; *) exec /usr/bin/ssh "$@";; esac`,
      );
      const env = { PATH: '/srv/old-ssh:/usr/bin:/usr/sbin' };
      const plan = await planOf(lab(), ['/srv/disk.raw', 'alpha:/srv/out/old-ssh.raw'], { env });
      expect(candidateOf(plan, 'scp')).toMatchObject({
        accepted: false,
        reason: expect.stringContaining('needs scp of OpenSSH 9.0 or later, found 8.9'),
      });
      expectExit(await lab().imagectl(['copy', '/srv/disk.raw', 'alpha:/srv/out/old-ssh.raw', '--driver', 'scp'], { env }), 3);
    });
  });

  it('put no socket where others could take it', async () => {
    const { here } = lab();
    const [own, runtime] = [here.outside('/tmp/image-api-0'), here.outside('/srv/runtime')];
    await mkdir(own, { recursive: true, mode: 0o700 });
    await mkdir(runtime);
    const names = async (): Promise<readonly string[]> => [...(await readdir(own)), ...(await readdir(runtime))];
    const before = await names();
    const copy = (): Promise<ImagectlResult> =>
      lab().imagectl(['copy', '/srv/disk.raw', 'alpha:/srv/out/private.raw', '--json'], { env: { XDG_RUNTIME_DIR: '/srv/runtime' } });
    try {
      await chmod(own, 0o777);
      await chmod(runtime, 0o770);
      const result = await copy();
      expectExit(result, 2);
      expect(failureOf(result), result.story).toMatchObject({ code: 'BAD_OPTION', message: expect.stringContaining('/tmp/image-api-0') });
      expect(await names()).toEqual(before);
      await chmod(runtime, 0o700);
      expectExit(await copy(), 0);
    } finally {
      await chmod(own, 0o700);
    }
  });
});

async function program(host: LabHost, path: string, script: string): Promise<void> {
  await writeFile(host.outside(path), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}
