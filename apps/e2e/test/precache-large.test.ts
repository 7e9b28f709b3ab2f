import { mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeLab } from '../src/describe-lab.ts';
import { expectExit } from '../src/expect-copied.ts';
import { mebibyte, toldOfFleet } from '../src/fleet.ts';
import { allocated, sha256, writeRandomImage } from '../src/image-files.ts';
import type { ImagectlResult } from '../src/imagectl.ts';
import type { Lab } from '../src/lab.ts';
import { mountFilesystem } from '../src/loop-filesystem.ts';
import { trafficOf } from '../src/traffic.ts';

const gibibyte = 2 ** 30;
const tools = ['qbittorrent-nox'];

function send(lab: Lab, hosts: readonly string[], deadlineMs: number): Promise<ImagectlResult> {
  const config = { drivers: ['cp', ['p2p-precache', { cacheDir: '/srv/cache' }]] };
  const words = ['precache', '/srv/golden.raw', '--to', hosts.join(','), '--to-cache', '/srv/disk/cache', '--json'];
  return lab.imagectl(words, { config, deadlineMs });
}

const [size, data] = [8 * gibibyte, 512 * mebibyte];
const two = ['alpha', 'beta'];

describeLab('a large image of which most is holes', { hosts: { alpha: {}, beta: {} }, rate: '400mbit', tools, heavy: true }, (lab) => {
  it('moves as many bytes to each host as it has data, and stays sparse', { timeout: 600_000 }, async () => {
    // On a filesystem in memory, holes that are looked at take room.
    for (const name of two) await mountFilesystem(lab().host(name), 'ext4', data / mebibyte + 64, 'disk');
    const path = lab().here.outside('/srv/golden.raw');
    const stretch = 4 * mebibyte;
    const file = await open(path, 'wx');
    await file.truncate(size);
    for (let written = 0; written < data; written += stretch) await file.write(randomBytes(stretch), 0, stretch, (written * size) / data);
    await file.close();
    const before = await trafficOf(lab().here);
    const result = await send(lab(), two, 500_000);
    expectExit(result, 0);
    const digest = await sha256(path);
    for (const { host, fromOrigin, fromPeers, savedByZeros } of toldOfFleet(result).hosts) {
      expect(fromOrigin + fromPeers, result.story).toBeGreaterThanOrEqual(data);
      expect(fromOrigin + fromPeers, result.story).toBeLessThan(1.1 * data);
      expect(savedByZeros).toBe(size - data);
      const image = lab().host(host).outside(`/srv/disk/cache/sha256/${digest}/image`);
      expect(await sha256(image)).toBe(digest);
      expect(await allocated(image)).toBeLessThan(1.02 * data);
    }
    expect((await trafficOf(lab().here)).sent - before.sent).toBeLessThan(2.2 * data);
  });
});

const forty = Array.from({ length: 40 }, (_, index) => `h${index + 1}`);

const rooms = Object.fromEntries(forty.map((name) => [name, { room: '16m' }]));

describeLab('an image for forty hosts', { hosts: rooms, rate: '20mbit', tools, heavy: true }, (lab) => {
  // Forty copies would be too much for the memory.
  let directory = '';
  beforeAll(async () => {
    directory = await mkdtemp('/var/tmp/precache-');
    for (const name of forty) {
      await mkdir(join(directory, name), { mode: 0o700 });
      await lab()
        .host(name)
        .run(['sh', '-ec', 'mkdir /srv/disk; mount --bind "$1" /srv/disk', 'sh', join(directory, name)]);
    }
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  it('reaches all of them and is verified', { timeout: 1_200_000 }, async () => {
    const digest = await writeRandomImage(lab().here.outside('/srv/golden.raw'), 128);
    const before = await trafficOf(lab().here);
    const result = await send(lab(), forty, 1_000_000);
    expectExit(result, 0);
    expect(toldOfFleet(result).hosts.map(({ outcome }) => outcome)).toEqual(forty.map(() => 'fetched'));
    for (const name of forty) expect(await sha256(join(directory, name, 'cache/sha256', digest, 'image')), name).toBe(digest);
    const copies = ((await trafficOf(lab().here)).sent - before.sent) / (128 * mebibyte);
    console.log(`forty hosts: ${result.seconds.toFixed(0)} s, ${copies.toFixed(2)} copies`);
  });
});
