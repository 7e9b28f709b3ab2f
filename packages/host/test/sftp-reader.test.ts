import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, open as openFile, rename, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createHosts, openSftpReader } from '@image-api/host';
import type { Hosts, RangeReader, SftpReaderOptions } from '@image-api/host';
import { processesRunning } from './processes.ts';
import { sshdMissing, startSshd } from './real-sshd.ts';
import type { RealSshd } from './real-sshd.ts';
import { openSshSite } from './ssh-site.ts';
import type { SshSite } from './ssh-site.ts';

const mebibyte = 1024 * 1024;
const content = randomBytes(3 * mebibyte + 17);

describe.skipIf(sshdMissing !== undefined)('reading from an ssh host', () => {
  let site: SshSite;
  let sshd: RealSshd;
  let hosts: Hosts;
  let directory: string;
  let path: string;
  const readers: RangeReader[] = [];

  beforeAll(async () => {
    site = await openSshSite('image-api-sftp-');
    ({ directory, sshd, hosts } = site);
    path = join(directory, 'disk.raw');
    await writeFile(path, content);
  });

  afterEach(async () => {
    await Promise.all(readers.splice(0).map((reader) => reader.close()));
  });

  afterAll(() => site.close());

  it('gives exactly the bytes asked for, many pieces at once', async () => {
    const reader = await open(path);
    expect(reader.size).toBe(content.length);
    expect(reader.name).toBe(`${path} on ${sshd.alias}`);
    const offsets = Array.from({ length: 40 }, (_, index) => index * 70_001);
    const read = await Promise.all(offsets.map((offset) => reader.read(offset, 70_001)));
    read.forEach((bytes, index) => expect(content.subarray(index * 70_001, (index + 1) * 70_001).equals(bytes)).toBe(true));
    expect(reader.bytesRead).toBe(40 * 70_001);
    expect(content.equals(await reader.read(0, content.length))).toBe(true);
    expect(await reader.read(content.length, 0)).toHaveLength(0);
    await expect(reader.read(content.length, 1)).rejects.toMatchObject({ code: 'INTERNAL' });
  });

  it('goes through the shared connection of its host where there is one', async () => {
    await hosts.ssh({ host: sshd.alias }).stat(path);
    const before = sshd.sessions();
    await open(path);
    expect(sshd.sessions()).toBe(before);
  });

  it('does not read holes', async () => {
    const sparse = join(directory, 'sparse.raw');
    const file = await openFile(sparse, 'w');
    await file.write(content, 0, mebibyte, 16 * mebibyte);
    await file.truncate(64 * mebibyte);
    await file.close();
    const reader = await open(sparse);
    expect(await reader.extents?.()).toEqual([{ from: 16 * mebibyte, to: 17 * mebibyte }]);
    const bytes = await reader.read(0, 64 * mebibyte);
    const expected = Buffer.alloc(64 * mebibyte);
    content.copy(expected, 16 * mebibyte, 0, mebibyte);
    expect(expected.equals(bytes)).toBe(true);
    expect(reader.bytesRead).toBe(mebibyte);
  });

  it('opens an empty file, and names with blanks and quotes', async () => {
    const odd = join(directory, `a b'c"$(d)`);
    await writeFile(odd, '');
    const reader = await open(odd);
    expect(reader.size).toBe(0);
    await reader.check();
  });

  it('goes on when the connection was lost, and tells', async () => {
    const told: (string | undefined)[] = [];
    const reader = await open(path, { onTrouble: (trouble) => told.push(trouble?.code) });
    sshd.cutSessions();
    expect(content.equals(await reader.read(0, content.length))).toBe(true);
    expect(told.every((code) => code === 'UNREACHABLE' || code === undefined)).toBe(true);
  });

  it('gives up a host that does not answer any more', async () => {
    const reader = await open(path, { silenceMs: 400, patienceMs: 100 });
    sshd.freezeSessions(true);
    try {
      await expect(reader.read(0, 10)).rejects.toMatchObject({ code: 'STALLED', retryable: true });
    } finally {
      sshd.freezeSessions(false);
    }
  });

  it('ends at once when it is cancelled or closed, though nobody answers', async () => {
    const reader = await open(path);
    sshd.freezeSessions(true);
    try {
      const controller = new AbortController();
      const reading = reader.read(0, 10, controller.signal);
      setTimeout(() => controller.abort(), 50);
      const startedAt = performance.now();
      await expect(reading).rejects.toMatchObject({ code: 'CANCELLED' });
      expect(performance.now() - startedAt).toBeLessThan(1000);
      const other = reader.read(0, 10);
      other.catch(() => undefined);
      await reader.close();
      await expect(other).rejects.toMatchObject({ code: 'CANCELLED' });
    } finally {
      sshd.freezeSessions(false);
    }
  });

  it('notices that the file changed, or that another has its name, also after the connection was lost', async () => {
    const changing = join(directory, 'changing.raw');
    await writeFile(changing, content);
    await utimes(changing, 1000, 1000);
    const reader = await open(changing);
    await reader.check();
    await utimes(changing, 1001, 1001);
    await expect(reader.check()).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
    await expect(reader.read(0, 10)).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });

    const replaced = await open(changing);
    await writeFile(`${changing}.new`, content.subarray(1));
    await rename(`${changing}.new`, changing);
    await expect(replaced.check()).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
  });

  it('notices that the file became shorter, and looks now and then while it is read', async () => {
    const changing = join(directory, 'shrinking.raw');
    await writeFile(changing, content);
    const reader = await open(changing);
    await truncate(changing, 100);
    await expect(reader.read(1000, 10)).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });

    const other = await open(path);
    await sleep(1100);
    await utimes(path, 2000, 2000);
    await expect(other.read(0, 10)).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
  });

  it('leaves no ssh behind when it is closed', async () => {
    const { ssh } = hosts.ssh({ host: sshd.alias });
    if (!ssh) throw new Error('an ssh host has ssh');
    const words = ['ssh', '-s', ...ssh.options, '--', sshd.alias, 'sftp'];
    const reader = await open(path);
    expect(processesRunning(...words)).toHaveLength(1);
    await reader.close();
    expect(processesRunning(...words)).toHaveLength(0);
  });

  it('says what is wrong with a file', async () => {
    await mkdir(join(directory, 'folder'));
    await expect(open(join(directory, 'nothing'))).rejects.toMatchObject({ code: 'SOURCE_MISSING', retryable: false });
    await expect(open(join(directory, 'folder'))).rejects.toMatchObject({ code: 'SOURCE_KIND' });
    await expect(open('/dev/zero')).rejects.toMatchObject({ code: 'SOURCE_KIND' });
  });

  it('says what is wrong with a host', async () => {
    const closed = createHosts({ ssh: { configFile: sshd.configFile } });
    const { ssh } = closed.ssh({ host: sshd.alias, port: 1 });
    if (!ssh) throw new Error('an ssh host has ssh');
    await expect(openSftpReader({ access: ssh, path }, { patienceMs: 100 })).rejects.toMatchObject({
      code: 'UNREACHABLE',
      retryable: true,
    });
    await closed.close();
  });

  it('works with plain data, when the process that had the connection is gone', async () => {
    const another = createHosts({ ssh: { configFile: sshd.configFile } });
    const plain = JSON.parse(JSON.stringify(another.ssh({ host: sshd.alias }).ssh)) as NonNullable<ReturnType<Hosts['ssh']>['ssh']>;
    await another.close();
    const reader = await openSftpReader({ access: plain, path });
    readers.push(reader);
    expect(content.subarray(7, 16).equals(await reader.read(7, 9))).toBe(true);
  });

  async function open(file: string, options: SftpReaderOptions = {}): Promise<RangeReader> {
    const { ssh } = hosts.ssh({ host: sshd.alias });
    if (!ssh) throw new Error('an ssh host has ssh');
    const reader = await openSftpReader({ access: ssh, path: file }, options);
    readers.push(reader);
    return reader;
  }
});

describe.skipIf(sshdMissing !== undefined)('a host that is not as it should be', () => {
  const greeting = String.raw`printf '\000\000\000\005\002\000\000\000\003'; head -c 9 >/dev/null`;

  it.each([
    ['has no SFTP server', 'exit 127', 'UNREACHABLE'],
    ['says something of its own first', 'echo hello there you; cat', 'READ_FAILED'],
    ['speaks another version', String.raw`printf '\000\000\000\005\002\000\000\000\001'; cat`, 'READ_FAILED'],
    ['answers what nobody asked', String.raw`${greeting}; printf '\000\000\000\005\147\000\000\000\377'; cat`, 'READ_FAILED'],
    ['answers with endless packets', String.raw`${greeting}; printf '\177\377\377\377'; cat /dev/zero`, 'READ_FAILED'],
    ['hangs up', greeting, 'UNREACHABLE'],
  ])('%s', async (_what, script, code) => {
    const directory = await mkdtemp(join(tmpdir(), 'image-api-sftp-'));
    const program = join(directory, 'sftp-server');
    await writeFile(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const sshd = await startSshd({ config: [`Subsystem sftp ${program}`] });
    const hosts = createHosts({ ssh: { configFile: sshd.configFile } });
    try {
      const { ssh } = hosts.ssh({ host: sshd.alias });
      if (!ssh) throw new Error('an ssh host has ssh');
      await expect(openSftpReader({ access: ssh, path: '/etc/hostname' }, { patienceMs: 100 })).rejects.toMatchObject({ code });
    } finally {
      await hosts.close();
      await sshd.stop();
      await rm(directory, { recursive: true });
    }
  });

  it('has SFTP switched off', async () => {
    const sshd = await startSshd({ config: ['Subsystem other /bin/true'] });
    const hosts = createHosts({ ssh: { configFile: sshd.configFile } });
    try {
      const { ssh } = hosts.ssh({ host: sshd.alias });
      if (!ssh) throw new Error('an ssh host has ssh');
      await expect(openSftpReader({ access: ssh, path: '/etc/hostname' })).rejects.toMatchObject({ code: 'UNSUPPORTED', retryable: false });
    } finally {
      await hosts.close();
      await sshd.stop();
    }
  });
});
