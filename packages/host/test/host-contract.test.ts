import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Host } from '@image-api/driver';
import { createHosts } from '../src/index.ts';
import type { Hosts } from '../src/index.ts';
import { sshdMissing, startSshd } from './real-sshd.ts';
import type { RealSshd } from './real-sshd.ts';

const root = process.getuid?.() === 0;
let sshd: RealSshd | undefined;
let hosts: Hosts;
let directory: string;

beforeAll(async () => {
  if (sshdMissing === undefined) sshd = await startSshd();
  hosts = createHosts({ ssh: { configFile: sshd?.configFile } });
});
afterAll(async () => {
  await hosts.close();
  await sshd?.stop();
});
beforeEach(async () => {
  directory = await fs.mkdtemp(join(await fs.realpath(tmpdir()), 'image-api-host-'));
});
afterEach(() => fs.rm(directory, { recursive: true }));

const at = (name: string): string => join(directory, name);
const nameOf = (kind: Host['kind']): Host => (kind === 'local' ? hosts.local : hosts.ssh({ host: sshd?.alias ?? '' }));

/** What is said of an error by both, with the host's name taken out. */
async function failureOf(work: Promise<unknown>): Promise<unknown> {
  const error = await work.then(
    () => 'no error',
    (reason: unknown) => reason,
  );
  const { code, origin, retryable, untouched, message } = error as Record<string, unknown>;
  return { code, origin, retryable, untouched, message: String(message).replaceAll(/ on (box|this machine)\b/g, '') };
}

describe.each(['local', 'ssh'] as const)('a host of the kind %s', { timeout: 30_000 }, (kind) => {
  let host: Host;
  beforeEach((context) => {
    if (kind === 'ssh' && sshdMissing !== undefined) context.skip(sshdMissing);
    host = nameOf(kind);
  });

  it('knows which tools are there, and their versions', async () => {
    expect(await host.tool('cp')).toMatchObject({
      available: true,
      path: expect.stringMatching(/^\/.*\/cp$/) as string,
      version: expect.stringMatching(/^\d+\.\d+/) as string,
    });
    expect(await host.tool('no-such-tool')).toEqual({
      available: false,
      reason: expect.stringContaining('no-such-tool is not installed on ') as string,
    });
    expect(host.tool('cp')).toBe(host.tool('cp'));
  });

  it('describes what is at a path as the kernel does', async () => {
    await fs.writeFile(at('file'), 'x'.repeat(5000), { mode: 0o640 });
    await fs.symlink('file', at('link'));
    await fs.symlink('nowhere', at('dangling'));
    execFileSync('mkfifo', [at('fifo')]);
    const real = await fs.lstat(at('file'), { bigint: true });
    const expected = {
      kind: 'file',
      size: 5000,
      allocated: Number(real.blocks) * 512,
      device: String(real.dev),
      inode: String(real.ino),
      links: 1,
      mode: 0o640,
      uid: process.getuid?.(),
      gid: process.getgid?.(),
      modifiedNs: String(real.mtimeNs),
      changedNs: String(real.ctimeNs),
    };
    expect(await host.stat(at('file'))).toEqual(expected);
    expect(await host.stat(at('link'), { follow: true })).toEqual(expected);
    expect(await host.stat(at('link'))).toMatchObject({ kind: 'link' });
    expect(await host.stat(directory)).toMatchObject({ kind: 'directory' });
    expect(await host.stat(at('fifo'))).toMatchObject({ kind: 'fifo' });
    expect(await host.stat('/dev/null')).toMatchObject({ kind: 'character', deviceNode: '1:3' });
    for (const missing of ['missing', 'missing/too', 'file/below']) expect(await host.stat(at(missing))).toBeUndefined();
    expect(await host.stat(at('dangling'), { follow: true })).toBeUndefined();
  });

  it('knows the capacity of a block device', async (context) => {
    const device =
      (await fs.readdir('/sys/class/block')).find((name) => !name.startsWith('loop')) ?? context.skip('this machine has no block device');
    const sectors = Number(await fs.readFile(`/sys/class/block/${device}/size`, 'utf8'));
    expect(await host.stat(`/dev/${device}`)).toMatchObject({ kind: 'block', size: sectors * 512 });
  });

  it('resolves links, and fails when a part is missing', async () => {
    await fs.mkdir(at('real'));
    await fs.symlink('real', at('link'));
    await fs.writeFile(at('real/x'), '');
    expect(await host.realPath(at('link/../link/x'))).toBe(at('real/x'));
    await expect(host.realPath(at('nothing/x'))).rejects.toMatchObject({ code: 'SOURCE_MISSING' });
  });

  it('knows the room and the type of a filesystem', async () => {
    const { free, filesystem } = await host.space(directory);
    const facts = await fs.statfs(directory);
    expect(Math.abs(free - facts.bavail * facts.bsize)).toBeLessThan(1024 ** 3);
    expect(filesystem).toBe(
      execFileSync('stat', ['-f', '-c', '%T', directory], { encoding: 'utf8' })
        .trim()
        .replace('ext2/ext3', 'ext4')
        .replace('overlayfs', 'overlay'),
    );
    await expect(host.space(at('missing'))).rejects.toMatchObject({ code: 'DESTINATION_UNWRITABLE', origin: 'destination' });
  });

  it('knows what may be read and written', async () => {
    await fs.writeFile(at('x'), '', { mode: root ? 0o600 : 0o400 });
    expect(await host.access(at('x'), 'read')).toBe(true);
    expect(await host.access(at('x'), 'write')).toBe(root);
    expect(await host.access(at('missing'), 'read')).toBe(false);
  });

  it('never waits for the other end of a pipe', async () => {
    execFileSync('mkfifo', [at('fifo')]);
    await expect(host.read(at('fifo'), [{ offset: 0, length: 10 }])).rejects.toMatchObject({ code: 'SOURCE_KIND' });
    await expect(host.digest(at('fifo'))).rejects.toMatchObject({ code: 'SOURCE_KIND' });
    await expect(host.claim(at('fifo'))).rejects.toMatchObject({ code: 'DESTINATION_KIND' });
  });

  describe('claiming a file', () => {
    it('makes a private one, holds it, and leaves it where it is', async () => {
      const claim = await host.claim(at('x'));
      expect(claim).toMatchObject({ existed: false, size: 0 });
      expect(await host.stat(at('x'))).toMatchObject({ kind: 'file', mode: 0o600, size: 0 });
      await claim.release();
      await claim.release();
      expect(await host.stat(at('x'))).toMatchObject({ size: 0 });
    });

    it('takes over what an earlier try left', async () => {
      await fs.writeFile(at('x'), '12345');
      const claim = await host.claim(at('x'));
      expect(claim).toMatchObject({ existed: true, size: 5 });
      await claim.release();
      expect(await fs.readFile(at('x'), 'utf8')).toBe('12345');
    });

    it('gives it to one at a time, here and over there alike', async () => {
      const claim = await host.claim(at('x'));
      const other = sshd ? nameOf(kind === 'local' ? 'ssh' : 'local') : host;
      for (const rival of [host, other]) {
        await expect(rival.claim(at('x'))).rejects.toMatchObject({ code: 'DESTINATION_BUSY', origin: 'destination', untouched: true });
      }
      await claim.release();
      await (await other.claim(at('x'))).release();
    });

    it('gives it to exactly one of many who come at once', async () => {
      const results = await Promise.allSettled(Array.from({ length: 5 }, () => host.claim(at('x'))));
      const held = results.filter((result) => result.status === 'fulfilled');
      const refused = results.filter((result) => result.status === 'rejected').map((result) => (result.reason as { code: string }).code);
      expect(held).toHaveLength(1);
      expect(refused).toEqual(Array.from({ length: 4 }, () => 'DESTINATION_BUSY'));
      for (const { value } of held) await value.release();
    });

    it('refuses what could lead elsewhere', async () => {
      await fs.writeFile(at('victim'), 'precious');
      await fs.symlink('victim', at('link'));
      await fs.link(at('victim'), at('second-name'));
      await fs.symlink('not-yet', at('dangling'));
      await fs.mkdir(at('directory'));
      for (const name of ['link', 'second-name', 'dangling', 'directory']) {
        await expect(host.claim(at(name)), name).rejects.toMatchObject({ code: 'DESTINATION_KIND' });
      }
      expect(await fs.readFile(at('victim'), 'utf8')).toBe('precious');
      expect(await host.stat(at('not-yet'))).toBeUndefined();
    });

    it.skipIf(!root)("refuses somebody else's file (root only: it takes a file of another user)", async () => {
      await fs.writeFile(at('x'), '');
      await fs.chown(at('x'), 65_534, 65_534);
      await expect(host.claim(at('x'))).rejects.toMatchObject({ code: 'DESTINATION_KIND' });
    });

    it('says when the directory is missing', async () => {
      await expect(host.claim(at('missing/x'))).rejects.toMatchObject({ code: 'DESTINATION_UNWRITABLE', origin: 'destination' });
    });
  });

  it('duplicates onto a file, which stays the same file', async () => {
    await fs.writeFile(at('old'), 'old content');
    await fs.writeFile(at('staging'), 'something longer than that', { mode: 0o600 });
    const before = await host.stat(at('staging'));
    await host.duplicate(at('old'), at('staging'));
    expect(await host.stat(at('staging'))).toMatchObject({ inode: before?.inode, mode: 0o600, size: 11 });
    expect(await fs.readFile(at('staging'), 'utf8')).toBe('old content');
    await expect(host.duplicate(at('missing'), at('staging'))).rejects.toMatchObject({ code: 'SOURCE_MISSING', origin: 'source' });
  });

  it('gives a new name only if nothing has it', async () => {
    await fs.writeFile(at('staging'), 'new');
    await fs.writeFile(at('taken'), 'old');
    await expect(host.renameNew(at('staging'), at('taken'))).rejects.toMatchObject({ code: 'DESTINATION_EXISTS', origin: 'destination' });
    await fs.symlink('nowhere', at('dangling'));
    await expect(host.renameNew(at('staging'), at('dangling'))).rejects.toMatchObject({ code: 'DESTINATION_EXISTS' });
    await expect(host.renameNew(at('staging'), at('staging'))).rejects.toMatchObject({ code: 'DESTINATION_EXISTS' });
    await host.renameNew(at('staging'), at('free'));
    expect((await fs.readdir(directory)).toSorted()).toEqual(['dangling', 'free', 'taken']);
    expect([await fs.readFile(at('free'), 'utf8'), await fs.readFile(at('taken'), 'utf8')]).toEqual(['new', 'old']);
  });

  it('completes a renaming that was interrupted half-way', async () => {
    await fs.writeFile(at('staging'), 'new');
    await fs.link(at('staging'), at('name'));
    await host.renameNew(at('staging'), at('name'));
    expect(await fs.readdir(directory)).toEqual(['name']);
  });

  it('gives a name in place of what had it', async () => {
    await fs.writeFile(at('staging'), 'new');
    await fs.writeFile(at('name'), 'old');
    await host.renameOver(at('staging'), at('name'));
    expect(await fs.readFile(at('name'), 'utf8')).toBe('new');
    expect(await fs.readdir(directory)).toEqual(['name']);
    await fs.mkdir(at('directory'));
    await expect(host.renameOver(at('name'), at('directory'))).rejects.toMatchObject({ code: 'DESTINATION_KIND' });
  });

  it('removes one file, and does not mind when it is not there', async () => {
    await fs.writeFile(at('x'), '');
    await host.remove(at('x'));
    await host.remove(at('x'));
    await fs.mkdir(at('directory'));
    await expect(host.remove(at('directory'))).rejects.toMatchObject({ origin: 'destination' });
    expect(await fs.readdir(directory)).toEqual(['directory']);
  });

  it('sets the mode, and the owner where it may', async () => {
    await fs.writeFile(at('x'), '', { mode: 0o600 });
    await host.setMode(at('x'), 0o644);
    expect(await host.stat(at('x'))).toMatchObject({ mode: 0o644 });
    await host.setMode(at('x'), 0o640, { uid: root ? 65_534 : 0, gid: root ? 65_534 : 0 });
    expect(await host.stat(at('x'))).toMatchObject({ mode: 0o640, uid: root ? 65_534 : process.getuid?.() });
  });

  it('syncs a file and a directory, and not what is missing', async () => {
    await fs.writeFile(at('x'), 'x');
    await host.sync(at('x'));
    await host.sync(directory);
    await expect(host.sync(at('missing'))).rejects.toMatchObject({ code: 'DESTINATION_UNWRITABLE' });
  });

  it.each([
    'a b',
    ' lead',
    "it's",
    'a"b',
    '$(touch pwned)',
    '`id`',
    'a\\b',
    '-rf',
    '--help',
    'a[1]',
    'a*',
    '?',
    '~',
    '%h',
    'a:b',
    'a;b',
    'ü日本',
    '\u202Egpj',
    'No space left on device',
    'x'.repeat(255),
  ])('takes the name %j literally', async (name) => {
    await fs.writeFile(at('a1'), 'decoy');
    await fs.writeFile(at('ab'), 'decoy');
    const claim = await host.claim(at(name));
    await fs.writeFile(at(name), 'image');
    expect(await host.stat(at(name))).toMatchObject({ kind: 'file', size: 5 });
    expect(await host.realPath(at(name))).toBe(at(name));
    expect(Buffer.from((await host.read(at(name), [{ offset: 0, length: 9 }]))[0] ?? []).toString()).toBe('image');
    expect(await host.digest(at(name))).toBe(`sha256:${createHash('sha256').update('image').digest('hex')}`);
    await host.setMode(at(name), 0o600);
    await host.sync(at(name));
    await claim.release();
    await host.renameNew(at(name), at('moved'));
    await host.renameOver(at('moved'), at(name));
    await fs.writeFile(at('copy'), '');
    await host.duplicate(at(name), at('copy'));
    expect((await fs.readdir(directory)).toSorted()).toEqual(['a1', 'ab', 'copy', name].toSorted());
    await host.remove(at(name));
    expect((await fs.readdir(directory)).toSorted()).toEqual(['a1', 'ab', 'copy']);
  });
});

it('has both answer in the same words', { timeout: 30_000 }, async (context) => {
  if (sshdMissing !== undefined) context.skip(sshdMissing);
  await fs.writeFile(at('x'), '');
  await fs.writeFile(at('taken'), '');
  await fs.mkdir(at('directory'));
  const failures: readonly ((host: Host) => Promise<unknown>)[] = [
    (host) => host.run('no-such-tool', []),
    (host) => host.realPath(at('missing')),
    (host) => host.space(at('missing')),
    (host) => host.read(at('missing'), [{ offset: 0, length: 1 }]),
    (host) => host.read(directory, [{ offset: 0, length: 1 }]),
    (host) => host.digest(at('missing')),
    (host) => host.digest(directory),
    (host) => host.claim(at('missing/x')),
    (host) => host.claim(directory),
    (host) => host.duplicate(at('missing'), at('x')),
    (host) => host.renameNew(at('missing'), at('new')),
    (host) => host.renameNew(at('missing'), at('taken')),
    (host) => host.renameNew(at('x'), at('missing/x')),
    (host) => host.renameNew(at('x'), at('taken')),
    (host) => host.renameNew(at('x'), at('x'.repeat(256))),
    (host) => host.renameOver(at('missing'), at('x')),
    (host) => host.renameOver(at('x'), at('directory')),
    (host) => host.renameOver(at('x'), at('taken/x')),
    (host) => host.remove(directory),
    (host) => host.setMode(at('missing'), 0o600),
    (host) => host.sync(at('missing')),
    (host) => host.stat(at('x'.repeat(256))),
  ];
  for (const failure of failures) {
    const here = await failureOf(failure(nameOf('local')));
    expect(here, String(failure)).toHaveProperty('code', expect.any(String));
    expect(await failureOf(failure(nameOf('ssh'))), String(failure)).toEqual(here);
  }
});
