import { readFile, readdir, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { expectExit } from './expect-copied.ts';
import { sha256, writeRandomImage } from './image-files.ts';
import type { ImagectlResult } from './imagectl.ts';
import type { Lab } from './lab.ts';
import type { LabHost } from './lab-host.ts';
import { mountFilesystem } from './loop-filesystem.ts';
import { processesOf } from './processes.ts';
import { linesOf } from './result-lines.ts';

export const mebibyte: number = 2 ** 20;
const cache = '/srv/disk/cache';
const config = { drivers: ['cp', ['p2p-precache', { cacheDir: cache }]] };

/** Gives each host a disk: on a filesystem in memory, holes that are looked at take room, as if something had arrived. */
export async function mountCaches(lab: Lab): Promise<void> {
  for (const host of lab.all) await mountFilesystem(host, 'ext4', 128, 'disk');
}

export async function emptyCaches(lab: Lab): Promise<void> {
  for (const host of lab.all) await host.run(['rm', '-rf', cache]);
}

/** Put noise of so many MiB into the cache of `here`. Answers its digest. */
export async function cacheImage(lab: Lab, mebibytes: number): Promise<string> {
  const digest = await writeRandomImage(lab.here.outside('/srv/golden.raw'), mebibytes);
  expectExit(await lab.imagectl(['precache', '/srv/golden.raw'], { config }), 0);
  return digest;
}

/** What `imagectl precache --to --json` tells last. */
export interface ToldFleet {
  readonly infohash: string;
  readonly originSent: number;
  readonly hosts: readonly ToldHost[];
}

export interface ToldHost {
  readonly host: string;
  readonly outcome: string;
  readonly seconds: number;
  readonly fromOrigin: number;
  readonly fromPeers: number;
  readonly savedByZeros: number;
  readonly resumed: number;
  readonly wasted: number;
  readonly banned: readonly string[];
  readonly error?: { readonly code: string; readonly message: string };
}

/** An image on its way to hosts. Disposed of, it is killed if it is not over. */
export interface RunningFleet extends AsyncDisposable {
  readonly done: Promise<ImagectlResult>;
  /** Until so much is verified on a host. */
  until(host: string, mebibytes: number): Promise<void>;
  /** To imagectl, as `SIGINT`, what Ctrl-C sends. */
  signal(name: NodeJS.Signals): Promise<void>;
}

/** Send an image that is in the cache of `here` to hosts of a lab. */
export function startFleet(lab: Lab, digest: string, hosts: readonly string[], more: readonly string[] = []): RunningFleet {
  const verified = new Map<string, number>();
  const words = ['precache', `p2p:sha256-${digest}`, '--to', hosts.join(','), '--to-cache', cache, '--json', ...more];
  let rest = '';
  const onStdout = (text: string): void => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) for (const host of hostsIn(line)) verified.set(host.host, host.verified);
  };
  const { pid, done } = lab.start(words, { config, deadlineMs: 100_000, onStdout });
  let isOver = false;
  void done.then(() => (isOver = true));
  return {
    done,
    until: async (host, mebibytes) => {
      const isThere = (): boolean => isOver || (verified.get(host) ?? 0) >= mebibytes * mebibyte;
      await expect.poll(isThere, { timeout: 60_000, interval: 20, message: `${mebibytes} MiB on ${host}` }).toBe(true);
      if (isOver) throw new Error(`it was over before ${host} had that much: ${(await done).story}`);
    },
    signal: async (name) => void process.kill(await pid(), name),
    [Symbol.asyncDispose]: async () => {
      if (!isOver) process.kill(await pid(), 'SIGKILL');
      await done;
    },
  };
}

function hostsIn(line: string): readonly { readonly host: string; readonly verified: number }[] {
  const event = JSON.parse(line) as { type: string; hosts: { host: string; verified: number }[] };
  return event.type === 'fleet' ? event.hosts : [];
}

export function toldOfFleet(result: ImagectlResult): ToldFleet & { readonly of: Readonly<Record<string, ToldHost>> } {
  const last = linesOf(result).at(-1);
  expect(last?.type, result.story).toBe('result');
  const told = last as unknown as ToldFleet;
  return { ...told, of: Object.fromEntries(told.hosts.map((host) => [host.host, host])) };
}

/** Bytes of the image that came to a host, from wherever. */
export function cameTo({ fromOrigin, fromPeers }: ToldHost): number {
  return fromOrigin + fromPeers;
}

/** Where an image is in the cache of a host, for a look from here. */
export function entryOn(host: LabHost, digest: string): string {
  return host.outside(`${cache}/sha256/${digest}`);
}

/** It is there, whole and verified, and nothing is beside it that an interrupted fetch would have left. */
export async function expectWhole(host: LabHost, digest: string, story: string): Promise<void> {
  const entry = entryOn(host, digest);
  expect((await readdir(entry)).toSorted(), story).toEqual(['image', 'image.torrent', 'manifest.json']);
  expect(await sha256(`${entry}/image`), story).toBe(digest);
  const found = await stat(`${entry}/image`, { bigint: true });
  const checked = await readFile(host.outside(`${cache}/state/${digest}/checked`), 'utf8');
  expect(JSON.parse(checked), story).toEqual({ inode: String(found.ino), modifiedNs: String(found.mtimeNs) });
}

/** It is not complete, and nothing there says it were; what came may be. */
export async function expectUnfinished(host: LabHost, digest: string, story: string): Promise<void> {
  const left = await readdir(entryOn(host, digest)).catch(() => []);
  expect(
    left.filter((name) => name !== 'image.part' && name !== 'engine'),
    story,
  ).toEqual([]);
  expect(await readdir(host.outside(`${cache}/state/${digest}`)).catch(() => []), story).toEqual([]);
}

export async function untilWhole(host: LabHost, digest: string): Promise<void> {
  const isThere = (): Promise<boolean> =>
    stat(`${entryOn(host, digest)}/image`).then(
      () => true,
      () => false,
    );
  await expect.poll(isThere, { timeout: 60_000, interval: 50, message: `the image on ${host.name}` }).toBe(true);
}

export async function engineOn(host: LabHost): Promise<number> {
  for (let round = 0; round < 200; round += 1) {
    const engine = (await processesOf(host)).find(({ args }) => args[0] === 'qbittorrent-nox');
    if (engine) return engine.pid;
    await sleep(50);
  }
  throw new Error(`no engine runs on ${host.name}`);
}

/** Where the engine that fetches an image listens. */
export async function portsOn(host: LabHost, digest: string): Promise<{ readonly peers: number; readonly api: number }> {
  const text = await readFile(`${entryOn(host, digest)}/engine/qBittorrent/config/qBittorrent.conf`, 'utf8');
  const port = (name: string): number => Number(new RegExp(`^${name}\\\\Port=(\\d+)$`, 'm').exec(text)?.[1]);
  return { peers: port('Session'), api: port('WebUI') };
}
