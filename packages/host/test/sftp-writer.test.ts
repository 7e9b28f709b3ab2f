import { randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { askSftp, createHosts, openSftpWriter } from '@image-api/host';
import type { Hosts, SftpWriter, SftpWriterOptions } from '@image-api/host';
import type { SshAccess } from '@image-api/driver';
import { writeLength } from '../src/sftp/sftp-writer.ts';
import { processesRunning } from './processes.ts';
import { sshdMissing, startSshd } from './real-sshd.ts';
import type { RealSshd } from './real-sshd.ts';
import { openSshSite } from './ssh-site.ts';
import type { SshSite } from './ssh-site.ts';

const mebibyte = 1024 * 1024;

describe.skipIf(sshdMissing !== undefined)('writing to an ssh host', () => {
  let site: SshSite;
  let sshd: RealSshd;
  let hosts: Hosts;
  let directory: string;
  let path: string;
  let count = 0;
  const writers: SftpWriter[] = [];

  beforeAll(async () => {
    site = await openSshSite('image-api-sftp-');
    ({ directory, sshd, hosts } = site);
  });
  beforeEach(async () => {
    path = join(directory, `disk ${++count}'s.raw`);
    await writeFile(path, '');
    await hosts.ssh({ host: sshd.alias }).stat(path);
  });
  afterEach(async () => {
    await Promise.all(writers.splice(0).map((writer) => writer.close()));
  });
  afterAll(() => site.close());

  function access(): SshAccess {
    const { ssh } = hosts.ssh({ host: sshd.alias });
    if (!ssh) throw new Error('an ssh host has ssh');
    return ssh;
  }

  async function open(file = path, options: SftpWriterOptions = {}): Promise<SftpWriter> {
    const writer = await openSftpWriter({ access: access(), path: file }, options);
    writers.push(writer);
    return writer;
  }

  const sessions = (): number => processesRunning('ssh', '-s', ...access().options, '--', sshd.alias, 'sftp').length;

  it('puts pieces where they belong, many at once, and reads them back', async () => {
    const content = randomBytes(5 * mebibyte + 17);
    const writer = await open();
    const places = Array.from({ length: Math.ceil(content.length / 700_001) }, (_, index) => index * 700_001).toReversed();
    await Promise.all(places.map((at) => writer.write(content.subarray(at, at + 700_001), at)));
    expect(readFileSync(path).equals(content)).toBe(true);
    expect(content.subarray(5, 100_005).equals(await writer.read(5, 100_000))).toBe(true);
    expect(await writer.read(content.length - 3, 10)).toHaveLength(3);
    expect(await writer.read(content.length, 10)).toHaveLength(0);
  });

  it('goes through the shared connection, and leaves no ssh behind', async () => {
    const before = sshd.sessions();
    const writer = await open();
    expect(sshd.sessions()).toBe(before);
    expect(sessions()).toBe(1);
    await writer.close();
    expect(sessions()).toBe(0);
  });

  it('changes the length, leaves holes, and tells when all is safe', async () => {
    const writer = await open();
    await writer.resize(2 ** 33);
    await writer.write(Buffer.from('end'), 2 ** 33 - 3);
    expect(writer.canSync).toBe(true);
    await writer.sync();
    expect(statSync(path).size).toBe(2 ** 33);
    expect(statSync(path).blocks * 512).toBeLessThan(mebibyte);
    await writer.resize(5);
    expect(readFileSync(path)).toEqual(Buffer.alloc(5));
  });

  it('writes to files only that are there', async () => {
    await mkdir(`${path}.folder`);
    const cases = { [`${path}.none`]: 'DESTINATION_UNWRITABLE', [`${path}.folder`]: 'DESTINATION_KIND', '/dev/null': 'DESTINATION_KIND' };
    for (const [where, code] of Object.entries(cases)) await expect(open(where)).rejects.toMatchObject({ code, origin: 'destination' });
    await symlink(path, `${path}.link`);
    await (await open(`${path}.link`)).write(Buffer.from('x'), 0);
    expect(readFileSync(path, 'utf8')).toBe('x');
    expect(sessions()).toBe(1);
  });

  it('has no number for what is wrong with a disk', async () => {
    const writer = await open();
    // Larger than any file may be.
    await expect(writer.resize(2 ** 63)).rejects.toMatchObject({ code: 'WRITE_FAILED', details: { host: sshd.alias, path } });
  });

  it('fails, and does not connect anew, when the connection is lost', async () => {
    const writer = await open();
    const writing = Promise.all(Array.from({ length: 8 }, (_, index) => writer.write(randomBytes(mebibyte), index * mebibyte)));
    sshd.cutSessions();
    await expect(writing).rejects.toMatchObject({ code: 'UNREACHABLE', retryable: true });
    await expect(writer.write(Buffer.from('x'), 0)).rejects.toMatchObject({ code: 'UNREACHABLE' });
    expect(sessions()).toBe(0);
  });

  it('ends when nobody answers any more: by itself, when it is closed, and while it is opened', async () => {
    const [quiet, other] = [await open(path, { silenceMs: 400 }), await open()];
    sshd.freezeSessions(true);
    try {
      await expect(quiet.write(Buffer.from('x'), 0)).rejects.toMatchObject({ code: 'STALLED', origin: 'destination', retryable: true });
      const writing = other.write(Buffer.from('x'), 0);
      writing.catch(() => undefined);
      const startedAt = performance.now();
      await other.close();
      await expect(writing).rejects.toMatchObject({ code: 'CANCELLED' });
      await expect(open(path, { signal: AbortSignal.timeout(100) })).rejects.toMatchObject({ code: 'CANCELLED' });
      await expect(askSftp(access(), { signal: AbortSignal.timeout(100) })).rejects.toMatchObject({ code: 'CANCELLED' });
      expect(performance.now() - startedAt).toBeLessThan(2000);
      expect(sessions()).toBe(0);
    } finally {
      sshd.freezeSessions(false);
    }
  });
});

describe.skipIf(sshdMissing !== undefined)('the SFTP server of a host', () => {
  it.each([
    [['Subsystem sftp internal-sftp'], { canSync: true }],
    [['Subsystem sftp internal-sftp -P fsync,limits'], { canSync: false }],
  ])('is asked what it can do: %j', async (config, abilities) => {
    const sshd = await startSshd({ config });
    const hosts = createHosts({ ssh: { configFile: sshd.configFile } });
    const path = join(sshd.directory, 'disk.raw');
    await writeFile(path, '');
    try {
      const { ssh } = hosts.ssh({ host: sshd.alias });
      if (!ssh) throw new Error('an ssh host has ssh');
      expect(await askSftp(ssh)).toEqual(abilities);
      const writer = await openSftpWriter({ access: ssh, path });
      const content = randomBytes(mebibyte);
      await writer.write(content, 0);
      await writer.close();
      expect(readFileSync(path).equals(content)).toBe(true);
    } finally {
      await hosts.close();
      await sshd.stop();
    }
  });
});

it('writes as much at once as a server takes, a power of two, and no more than is of use', () => {
  const limits = (write: number): Buffer => {
    const bytes = Buffer.alloc(32);
    bytes.writeBigUInt64BE(BigInt(write), 16);
    return bytes;
  };
  expect([261_120, 100_000, 32_768, 0].map((most) => writeLength(limits(most)))).toEqual([131_072, 65_536, 32_768, 131_072]);
  expect(writeLength(Buffer.alloc(3))).toBe(32_768);
});
