import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Host } from '@image-api/driver';
import { digestOf, mebibyte } from './lab.ts';
import type { Lab } from './lab.ts';
import { openSite } from './site.ts';
import type { Site } from './site.ts';
import { freePort, startRsyncDaemon } from './rsync-daemon.ts';
import type { RsyncDaemon } from './rsync-daemon.ts';

// Real logins on a machine that may be busy.
vi.setConfig({ testTimeout: 20_000, hookTimeout: 20_000 });

let site: Site;
let lab: Lab;
let local: Host;

beforeAll(async () => {
  site = await openSite();
  ({ lab, local } = site);
});

afterAll(() => site.close());

describe('an rsync daemon', () => {
  let daemon: RsyncDaemon;
  let image: string;
  beforeAll(async () => {
    daemon = await startRsyncDaemon(lab.directory);
    image = await lab.make('daemon.raw', 2, -4, 1);
    for (const name of ['disk.raw', 'a[1]', '-lead']) await writeFile(join(daemon.directory, name), await readFile(image));
    await writeFile(join(daemon.directory, 'a1'), 'a decoy');
  });
  afterAll(() => daemon.stop());
  const on = (path: string, user?: string): { daemonPort: number; path: string; user?: string } => ({
    daemonPort: daemon.port,
    path,
    ...(user !== undefined && { user }),
  });

  it.each(['disk.raw', 'a[1]', '-lead'])('gives the file called %j', async (name) => {
    const staging = await lab.make('daemon.part');
    const copy = { from: on(`/open/${name}`), to: { host: local, path: staging } };
    expect(await lab.offer(copy)).toMatchObject({ accept: true, space: 7 * mebibyte, notes: expect.arrayContaining(['unencrypted']) });
    await lab.copy(copy);
    expect(await digestOf(staging)).toBe(await digestOf(image));
  });

  it('takes a file, by a temporary name of its own', async () => {
    const copy = { from: { host: local, path: image }, to: on('/open/new disk.raw') };
    expect(await lab.offer(copy)).toMatchObject({ accept: true, notes: ["weaker: rsync's own temporary name and rename", 'unencrypted'] });
    await lab.copy(copy);
    expect(await digestOf(join(daemon.directory, 'new disk.raw'))).toBe(await digestOf(image));
    expect((await readdir(daemon.directory)).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('replaces a file when it may', async () => {
    const { to, path } = { to: on('/open/old.raw'), path: join(daemon.directory, 'old.raw') };
    await writeFile(path, 'old');
    await lab.copy({ from: { host: local, path: image }, to, overwrite: 'replace' });
    expect(await digestOf(path)).toBe(await digestOf(image));
  });

  it('is not made to replace a file without leave, not even one that comes up after the offer', async () => {
    const copy = { from: { host: local, path: image }, to: on('/open/a1') };
    const wanted = { code: 'DESTINATION_EXISTS', origin: 'destination', untouched: true };
    await expect(lab.offer(copy)).rejects.toMatchObject(wanted);
    await expect(lab.copy(copy)).rejects.toMatchObject(wanted);
    expect(await readFile(join(daemon.directory, 'a1'), 'utf8')).toBe('a decoy');
  });

  it.each(['/open/new[1].raw', '/open/-new.raw', '/open'])('is not sent to at %s, where rsync would write another name', async (path) => {
    expect(await lab.offer({ from: { host: local, path: image }, to: on(path) })).toMatchObject({ accept: false });
  });

  it('is told from one that refuses', async () => {
    const staging = { host: local, path: await lab.make('daemon.part') };
    const [upload, missing] = [{ host: local, path: image }, on('/open/none')];
    await expect(lab.offer({ from: missing, to: staging })).rejects.toMatchObject({ code: 'SOURCE_MISSING', origin: 'source' });
    await expect(lab.offer({ from: on('/nowhere/x'), to: staging })).rejects.toMatchObject({ code: 'SOURCE_MISSING' });
    await expect(lab.offer({ from: upload, to: on('/fixed/new.raw') })).rejects.toMatchObject({ code: 'DESTINATION_UNWRITABLE' });
    await expect(lab.offer({ from: upload, to: on('/open/none/new.raw') })).rejects.toMatchObject({ code: 'DESTINATION_UNWRITABLE' });
    await expect(lab.offer({ from: { ...missing, daemonPort: await freePort() }, to: staging })).rejects.toMatchObject({
      code: 'UNREACHABLE',
    });
  });

  it('takes the password from a file, and refuses without one', async () => {
    const copy = { from: on('/locked/disk.raw', 'bob'), to: { host: local, path: await lab.make('daemon.part') } };
    await expect(lab.offer(copy)).rejects.toMatchObject({ code: 'AUTH_DENIED' });
    const offer = await lab.offer({ ...copy, driverOptions: { passwordFile: daemon.passwordFile } });
    expect(offer).toMatchObject({ accept: true });
    expect(JSON.stringify(offer)).not.toContain('secret');
  });
});
