import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, expect, it, describe } from 'vitest';
import type { DriverStatus } from 'image-api';
import { doctorText } from '../commands/run-doctor.ts';
import { checkDrivers } from './check-drivers.ts';
import { checkNode } from './check-node.ts';
import { checkRuntimeDirectory, judgePlaces } from './check-runtime-directory.ts';
import { checkTools } from './check-tools.ts';

describe('checkNode', () => {
  it.each([
    ['v20.19.0', 'ok'],
    ['v24.0.1', 'ok'],
    ['v20.18.3', 'fail'],
    ['v18.20.0', 'fail'],
  ])('finds %s %s', (version, status) => {
    expect(checkNode(version).status).toBe(status);
  });

  it('takes the Node that runs this test', () => {
    expect(checkNode(process.version).status).toBe('ok');
  });
});

describe('checkTools', () => {
  it('finds the tools that are here', async () => {
    const cp = (await checkTools(process.env['PATH'] ?? '')).find(({ name }) => name === 'tool cp');
    expect(cp).toMatchObject({ status: 'ok', detail: expect.stringMatching(/\/cp$/) });
  });

  it('names the package to install for each that is not', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'imagectl-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const advice = (await checkTools(folder)).map((check) => check.advice);
    expect(advice).toEqual(
      ['coreutils', 'rsync', 'openssh-client', 'openssh-client', 'util-linux', 'qbittorrent-nox', 'util-linux'].map(
        (name) => `apt install ${name}`,
      ),
    );
  });
});

it('checkTools fails only when flock is missing, which every copy needs', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'imagectl-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const failed = (await checkTools(folder)).filter(({ status }) => status === 'fail');
  expect(failed).toEqual([
    { name: 'tool flock', status: 'fail', detail: 'not found: nothing can be copied', advice: 'apt install util-linux' },
  ]);
});

describe('checkDrivers', () => {
  const capabilities = { routes: [{ from: 'file', to: 'file' }] };
  const cp: DriverStatus = { id: 'cp', capabilities, availability: { available: true, detail: 'cp 9.1', warnings: ['no reflink here'] } };
  const scp: DriverStatus = { id: 'scp', capabilities, availability: { available: false, reason: 'no scp in PATH' } };

  it('passes warnings on', () => {
    expect(checkDrivers([cp, scp])).toEqual([
      { name: 'driver cp', status: 'ok', detail: 'cp 9.1' },
      { name: 'driver cp', status: 'warn', detail: 'no reflink here' },
      { name: 'driver scp', status: 'warn', detail: 'no scp in PATH' },
    ]);
  });

  it('fails when none can work', () => {
    expect(checkDrivers([scp]).at(-1)).toMatchObject({ status: 'fail' });
    expect(checkDrivers([]).at(-1)).toMatchObject({ status: 'fail' });
  });
});

describe('checkRuntimeDirectory', () => {
  it('takes a private directory of this user', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'imagectl-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const check = await checkRuntimeDirectory({ XDG_RUNTIME_DIR: folder }, process.getuid?.() ?? 0);
    expect(check).toMatchObject({ status: 'ok', detail: join(folder, 'image-api') });
  });

  const mine = { uid: 5, mode: 0o40700, isDirectory: true };
  const own = { path: '/tmp/image-api-5', found: undefined };

  it.each([
    ['not there', undefined],
    ['of somebody else', { ...mine, uid: 6 }],
    ['open to others', { ...mine, mode: 0o40777 }],
    ['a link', { ...mine, isDirectory: false }],
  ])('passes over a directory that is %s', (_what, found) => {
    const place = { path: '/run/x/image-api', base: { path: '/run/x', found }, found: undefined };
    expect(judgePlaces([place, own], 5)).toMatchObject({ status: 'ok', detail: '/tmp/image-api-5' });
  });

  it('warns when no place is private', () => {
    const check = judgePlaces([{ path: '/tmp/image-api-5', found: { ...mine, mode: 0o40777 } }], 5);
    expect(check).toMatchObject({ status: 'warn', detail: expect.stringContaining('/tmp/image-api-5 can be written by others') });
  });
});

it('doctorText ends with the verdict', () => {
  expect(doctorText([{ name: 'tool rsync', status: 'warn', detail: 'not found', advice: 'apt install rsync' }], true)).toBe(
    'warn  tool rsync  not found; apt install rsync\n\nimages can be copied\n',
  );
});
