import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nbdDisk, rawDisk } from '../src/guest-args.ts';
import { parseAnswer } from '../src/guest-channel.ts';
import { makeGuestDisk, readGuestDisk } from '../src/guest-disk.ts';
import { whyNoGuest } from '../src/guest-requirements.ts';
import { startGuest } from '../src/guest.ts';

it('understands an answer only when all of it is there', () => {
  expect(parseAnswer(Buffer.from('0 3'))).toBeUndefined();
  expect(parseAnswer(Buffer.from('0 3\nab'))).toBeUndefined();
  expect(parseAnswer(Buffer.from('7 3\nab\n0 0\n'))).toEqual({ answer: { status: 7, output: 'ab\n' }, length: 7 });
});

it('reads the address of a disk', () => {
  expect(nbdDisk('nbd+unix:///disk?socket=/run/a%20b/nbd.sock')).toEqual({
    driver: 'raw',
    file: { driver: 'nbd', server: { type: 'unix', path: '/run/a b/nbd.sock' }, export: 'disk' },
  });
  expect(nbdDisk('nbd://10.77.0.2/x')).toMatchObject({ file: { server: { type: 'inet', host: '10.77.0.2', port: '10809' }, export: 'x' } });
});

const missing = whyNoGuest();
const skipped = missing !== undefined && !process.env['CI'];

describe.skipIf(skipped)(`a guest${skipped ? ` (skipped: ${missing})` : ''}`, () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'image-api-guest-test-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('boots from its disk, runs commands, keeps what it wrote and leaves nothing behind', async () => {
    const disk = join(folder, 'disk.raw');
    await makeGuestDisk(disk, { mebibytes: 48, files: { 'notes/first': 'of the disk\n' } });
    const guest = await startGuest({ disks: [rawDisk(disk)], root: '/dev/vda' });
    expect(await guest.run('cat /root/notes/first; mount')).toMatch(/^of the disk\n.*\/dev\/\w+ on \/ type ext4/s);
    expect(await guest.ask('echo told >&2; exit 3')).toEqual({ status: 3, output: 'told\n' });
    await expect(guest.run('ls /nowhere')).rejects.toThrow('No such file or directory');
    expect(await guest.run(String.raw`printf 'a\r\n\003\021\004b'`)).toBe('a\r\n\u0003\u0011\u0004b');
    await guest.run('echo written > /root/second');
    expect(existsSync(guest.qmpSocket)).toBe(true);
    await guest.shutdown();
    expect(existsSync(`/proc/${guest.pid}`)).toBe(false);
    expect(existsSync(guest.qmpSocket)).toBe(false);
    expect(String(await readGuestDisk(disk, '/root/second'))).toBe('written\n');
    await expect(readGuestDisk(disk, '/root/third')).rejects.toThrow('third');
    expect(await readdir(folder)).toEqual(['disk.raw']);
  });

  it('says what is wrong when its disk is none', async () => {
    await expect(startGuest({ disks: [rawDisk(join(folder, 'none.raw'))] })).rejects.toThrow(/none\.raw.*No such file/s);
  });

  it('can be killed while a command runs', async () => {
    const guest = await startGuest();
    const sleeping = guest.run('sleep 60');
    await Promise.all([expect(sleeping).rejects.toThrow('the guest is gone'), guest.kill()]);
    expect(existsSync(`/proc/${guest.pid}`)).toBe(false);
  });
});
