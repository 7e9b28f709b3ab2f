import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ImageError, isImageError } from '@image-api/driver';
import type { Host, RunResult } from '@image-api/driver';
import type { SwarmPeer } from '../swarm-engine.ts';
import { QbittorrentApi } from './api.ts';
import { choosePlace, freePort } from './choose-ports.ts';
import type { ListenWish } from './choose-ports.ts';
import { ownListener } from './own-listener.ts';
import { peerFilter } from './peer-filter.ts';
import { qbittorrentSettings } from './settings.ts';

export interface QbittorrentStart {
  /** This machine. */
  readonly host: Host;
  /** Private. What is kept there from one start to the next: the images it had, and how far they were. */
  readonly directory: string;
  readonly listen: ListenWish;
}

/** One that runs. */
export interface Qbittorrent {
  readonly api: QbittorrentApi;
  readonly listening: SwarmPeer;
  /** Resolves when the process is gone, with how it ended. */
  readonly ended: Promise<string>;
  /** Have it write down how far it is, and end. Resolves when it is gone. */
  end(): Promise<void>;
}

const user = 'image-api';
const pollMs = 25;
/** It takes a fiftieth of this, on a busy machine a tenth. */
const startMs = 30_000;
/** From TERM, upon which it writes down how far it is, to KILL. */
const killAfterMs = 10_000;
/** Others may take a port between the moment in which it is found to be free and the one in which it is used. */
const tries = 3;

/**
 * Start a qbittorrent-nox as a worker: it dies with us, even if we are killed with -9.
 *
 * @throws ImageError `TOOL_MISSING`, `TOOL_FAILED` with its words, `BAD_OPTION` when it cannot listen where it is to
 */
export async function startQbittorrent(start: QbittorrentStart): Promise<Qbittorrent> {
  for (let left = tries; ; left -= 1) {
    try {
      return await startOnce(start);
    } catch (error) {
      const isPort = isImageError(error) && error.details['listens'] === false;
      if (!isPort || left <= 1) throw error;
    }
  }
}

async function startOnce({ host, directory, listen }: QbittorrentStart): Promise<Qbittorrent> {
  const listening = await choosePlace(listen);
  const access = { port: await freePort('127.0.0.1'), user, password: randomBytes(32).toString('base64url') };
  const { address, interface: name, onlyPeers } = listen;
  await writeSettings(directory, {
    listening: { address, interface: name, port: listening.port },
    api: { ...access, salt: randomBytes(16) },
    directory,
    peerFilter: onlyPeers && (await writeFilter(directory, onlyPeers)),
  });
  const stop = new AbortController();
  // What it leaves behind would be in its own directory, and nowhere else.
  const environment = { HOME: directory, TMPDIR: join(directory, 'tmp'), XDG_RUNTIME_DIR: join(directory, 'tmp') };
  const running = host.run('qbittorrent-nox', [`--profile=${directory}`], { signal: stop.signal, environment, killAfterMs });
  const ended = running.then(howItEnded, (error: unknown) => (error as Error).message);
  const api = new QbittorrentApi({ ...access, place: { host: '127.0.0.1', port: access.port }, name: 'the swarm engine' });
  const end = async (): Promise<void> => {
    api.close();
    stop.abort();
    await ended;
  };
  try {
    await Promise.race([answers(api, access.port), endedEarly(running)]);
    return { api, listening, ended, end };
  } catch (error) {
    await end();
    throw error;
  }
}

async function writeSettings(directory: string, settings: Parameters<typeof qbittorrentSettings>[0]): Promise<void> {
  const folder = join(directory, 'qBittorrent', 'config');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // One that was killed left its lock there, and it knows itself by its process number, which may be another's by now.
  await rm(join(directory, 'tmp'), { recursive: true, force: true });
  await mkdir(join(directory, 'tmp'), { mode: 0o700 });
  const path = join(folder, 'qBittorrent.conf');
  await rm(path, { force: true });
  await writeFile(path, qbittorrentSettings(settings), { mode: 0o600, flag: 'wx' });
}

async function writeFilter(directory: string, allowed: readonly string[]): Promise<string> {
  const path = join(directory, 'foreign.dat');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(path, peerFilter(allowed), { mode: 0o600 });
  return path;
}

/** Nothing is said to it before it is certain who listens. */
async function answers(api: QbittorrentApi, port: number): Promise<void> {
  for (const endsAtMs = performance.now() + startMs; performance.now() < endsAtMs; await sleep(pollMs)) {
    if (!(await ownListener(port))) continue;
    await api.text('app/version');
    return;
  }
  throw failed('it does not answer; look whether the machine is overloaded', { listens: false });
}

async function endedEarly(running: Promise<RunResult>): Promise<never> {
  throw failed(howItEnded(await running));
}

function howItEnded({ exitCode, signal, stdout, stderr }: RunResult): string {
  const words = (stderr.trim() || stdout.trim()).split('\n').at(-1) ?? '';
  return `${signal ?? `exit status ${exitCode}`}${words && `: ${words}`}`;
}

function failed(why: string, details: Readonly<Record<string, unknown>> = {}): ImageError {
  return new ImageError(`qbittorrent-nox does not start: ${why}`, {
    code: 'TOOL_FAILED',
    origin: 'driver',
    driver: 'p2p-precache',
    untouched: true,
    details,
  });
}
