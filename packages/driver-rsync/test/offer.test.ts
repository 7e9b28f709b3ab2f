import { execFileSync } from 'node:child_process';
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Host } from '@image-api/driver';
import { createHosts } from '@image-api/host';
import { sshdMissing, startSshd } from '../../host/test/real-sshd.ts';
import { allocatedOf, digestOf, mebibyte } from './lab.ts';
import type { Lab } from './lab.ts';
import { openSite } from './site.ts';
import type { Site } from './site.ts';

// Real logins on a machine that may be busy.
vi.setConfig({ testTimeout: 20_000, hookTimeout: 20_000 });

const isRoot = process.getuid?.() === 0;
let site: Site;
let lab: Lab;
let local: Host;
let box: Host;

beforeAll(async () => {
  site = await openSite();
  ({ lab, local, box } = site);
});

afterAll(() => site.close());

describe('an offer', () => {
  const toFile = (): { from: { host: Host; path: string }; to: { host: Host; path: string } } => ({
    from: { host: local, path: lab.path('offer.raw') },
    to: { host: local, path: lab.path('offer.part') },
  });

  it('counts the room that data takes, not the holes', async () => {
    await lab.make('offer.raw', 1, -31);
    expect(await lab.offer(toFile())).toMatchObject({ accept: true, space: await allocatedOf(lab.path('offer.raw')) });
  });

  it('keeps any limit to the byte', async () => {
    expect(await lab.offer({ ...toFile(), limits: { bandwidth: 7 } })).toMatchObject({ accept: true, limits: { bandwidth: 7 } });
  });

  it('refuses an option with no such value', async () => {
    await expect(async () => lab.offer({ ...toFile(), driverOptions: { compress: 'gzip' } })).rejects.toMatchObject({ code: 'BAD_OPTION' });
  });

  it.skipIf(sshdMissing !== undefined)('refuses to fetch a name that the receiving rsync would disown', async () => {
    const path = lab.path(String.raw`tra\*il`);
    await writeFile(path, 'x');
    expect(await lab.offer({ from: { host: box, path }, to: { host: local, path: lab.path('offer.part') } })).toMatchObject({
      accept: false,
    });
  });

  it.skipIf(sshdMissing !== undefined)('packs with zstd over ssh, and not at all when told so', async () => {
    const copy = { from: { host: local, path: lab.path('offer.raw') }, to: { host: box, path: lab.path('offer.part') } };
    expect(await lab.offer(copy)).toMatchObject({ accept: true, reason: expect.stringContaining('zstd') });
    expect(JSON.stringify(await lab.offer({ ...copy, driverOptions: { compress: 'none' } }))).not.toContain('compress');
  });

  it.skipIf(sshdMissing !== undefined)('refuses where rsync is not installed over there', async () => {
    const bin = lab.path('bin');
    await mkdir(bin);
    for (const tool of await readdir('/usr/bin')) if (tool !== 'rsync') await symlink(join('/usr/bin', tool), join(bin, tool));
    const bare = await startSshd({ config: [`SetEnv PATH=${bin}`] });
    const others = createHosts({ ssh: { configFile: bare.configFile } });
    try {
      const to = { host: others.ssh({ host: bare.alias }), path: lab.path('offer.part') };
      const offer = await lab.offer({ from: { host: local, path: lab.path('offer.raw') }, to });
      expect(offer).toMatchObject({ accept: false, reason: expect.stringContaining(`rsync is not installed on ${bare.alias}`) });
    } finally {
      await others.close();
      await bare.stop();
    }
  });
});

describe.skipIf(!isRoot)('a block device', () => {
  it('is read as the file it is, with its runs of zeros as holes', async () => {
    const [backing, staging] = [await lab.make('device.img', 2, -12, 2), await lab.make('device.part')];
    const device = execFileSync('losetup', ['--find', '--show', backing], { encoding: 'utf8' }).trim();
    try {
      await lab.copy({ from: { host: local, path: device }, to: { host: local, path: staging } });
      expect(await digestOf(staging)).toBe(await digestOf(backing));
      expect(await allocatedOf(staging)).toBeLessThan(5 * mebibyte);
      expect(await lab.offer({ from: { host: local, path: staging }, to: { host: local, path: device } })).toMatchObject({ accept: false });
    } finally {
      execFileSync('losetup', ['--detach', device]);
    }
  });
});
