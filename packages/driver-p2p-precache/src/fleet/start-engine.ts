import { randomBytes, randomInt } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ImageError, isImageError } from '@image-api/driver';
import type { Host, RunResult } from '@image-api/driver';
import { errnoFromText, fileError } from '@image-api/host';
import { QbittorrentApi } from '../engine/qbittorrent/api.ts';
import type { FilePlace } from '../engine/qbittorrent/file-place.ts';
import type { ApiPlace } from '../engine/qbittorrent/http-call.ts';
import { PeerGate } from '../engine/qbittorrent/peer-gate.ts';
import { QbittorrentEngine } from '../engine/qbittorrent/qbittorrent-engine.ts';
import { qbittorrentSettings } from '../engine/qbittorrent/settings.ts';
import type { SwarmEngine } from '../engine/swarm-engine.ts';
import { portTaken } from './far-scripts.ts';

/** Where an engine is to run, and how to speak to it. */
export interface EnginePlace {
  readonly host: Host;
  /** What comes between the script and the ports. */
  readonly script: string;
  readonly words: readonly string[];
  /** The engine's own directory over there. */
  readonly directory: string;
  /** Where the image has the name that its torrent has for it. */
  readonly files: FilePlace;
  /** Where peers reach it: an address of that host. */
  readonly address: string;
  /** Put a file where the engine runs. */
  write(path: string, text: string): Promise<void>;
  /** How the API over there is reached from here. */
  way(port: number): Promise<{ readonly place: ApiPlace; close(): Promise<void> }>;
}

export interface EngineOptions {
  readonly signal: AbortSignal;
  /** Seconds until it ends whatever becomes of us. Absent here, where it dies with us. */
  readonly seconds?: number;
  /** How long it may take to answer, in milliseconds: one that takes longer hangs. Default 15000. */
  readonly answerMs?: number | undefined;
  /** Told what the script says, a line at a time. */
  readonly onLine?: (line: string) => void;
}

/** An engine at work. */
export interface RunningEngine extends SwarmEngine, Pick<PeerGate, 'admit' | 'banned'> {
  /** Rejects when it ends though nobody asked it to. Never resolves. */
  readonly died: Promise<never>;
}

/** Below what systems hand out by themselves. */
const ports = { from: 20_000, to: 32_768 };
const portTries = 8;
const startMs = 30_000;
const pollMs = 100;
/** Its pieces are on the disk or fetched again: nothing is to be waited for. */
const killAfterMs = 3000;

/**
 * Run an engine on a host until it is disposed of; it does not outlive us.
 *
 * @returns `there` when the script found that there is nothing to do
 * @throws ImageError what the host, the script or the engine says
 */
export async function startEngine(place: EnginePlace, options: EngineOptions): Promise<RunningEngine | 'there'> {
  for (let tries = 1; ; tries += 1) {
    const started = await tryStart(place, options);
    if (started !== 'taken') return started;
    if (tries === portTries)
      throw new ImageError(`no free port was found on ${place.host.id} between ${ports.from} and ${ports.to}; look at what listens there`, {
        code: 'RESOURCES',
        origin: 'driver',
        driver: 'p2p-precache',
        retryable: true,
      });
  }
}

async function tryStart(
  place: EnginePlace,
  { signal, seconds, onLine, answerMs }: EngineOptions,
): Promise<RunningEngine | 'there' | 'taken'> {
  const [peers, port] = [randomInt(ports.from, ports.to), randomInt(ports.from, ports.to)];
  const access = { port, user: 'image-api', password: randomBytes(32).toString('hex') };
  const listening = { host: place.address, port: peers };
  const settings = qbittorrentSettings({
    listening: { address: place.address, port: peers },
    api: { ...access, salt: randomBytes(16) },
    directory: place.directory,
  });
  const ending = new AbortController();
  const lines = linesOf(onLine);
  const words = [
    '-c',
    place.script,
    'sh',
    ...place.words,
    String(peers),
    String(port),
    seconds === undefined ? '' : String(Math.ceil(seconds)),
  ];
  const ended = place.host.run('sh', words, {
    signal: AbortSignal.any([signal, ending.signal]),
    killAfterMs,
    environment: { SETTINGS: Buffer.from(settings).toString('base64') },
    onStdout: lines.add,
  });
  const said = await Promise.race([lines.heard(['there', 'started']), ended]);
  if (said === 'there') return (await ended, 'there');
  if (said !== 'started') {
    if (said.exitCode === portTaken) return 'taken';
    throw failed(place, said);
  }
  const died = ended.then((result) => Promise.reject(failed(place, result)));
  died.catch(() => undefined);
  const end = async (): Promise<void> => {
    ending.abort();
    await ended.catch(() => undefined);
  };
  try {
    const way = await Promise.race([place.way(port), died]);
    const name = `the engine on ${nameOf(place.host)}`;
    const api = new QbittorrentApi({ ...access, place: way.place, name, ...(answerMs !== undefined && { deadlineMs: answerMs }) });
    const engine = new QbittorrentEngine({ api, listening, files: place.files });
    await Promise.race([answers(api, signal), died]);
    const dispose = async (): Promise<void> => {
      api.close();
      await Promise.all([way.close(), end()]);
    };
    const gate = gateOf(api, place);
    return Object.assign(engine, { died, dispose: once(dispose), admit: gate.admit.bind(gate), banned: gate.banned.bind(gate) });
  } catch (error) {
    await end();
    throw error;
  }
}

function gateOf(api: QbittorrentApi, { directory, write }: EnginePlace): PeerGate {
  return new PeerGate({
    api,
    write: async (name, text) => {
      const path = join(directory, name);
      await write(path, text);
      return path;
    },
  });
}

async function answers(api: QbittorrentApi, signal: AbortSignal): Promise<void> {
  const until = performance.now() + startMs;
  for (;;) {
    try {
      await api.text('app/version');
      return;
    } catch (error) {
      if (!isImageError(error) || error.code !== 'UNREACHABLE' || performance.now() > until) throw error;
    }
    await sleep(pollMs, undefined, { signal });
  }
}

/** Lines as they come, and those that are waited for. */
function linesOf(onLine: (line: string) => void = () => undefined): {
  readonly add: (text: string) => void;
  heard<T extends string>(wanted: readonly T[]): Promise<T>;
} {
  let rest = '';
  const seen: string[] = [];
  let look: () => void = () => undefined;
  return {
    add: (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) onLine(line);
      seen.push(...lines);
      look();
    },
    heard: <T extends string>(wanted: readonly T[]) =>
      new Promise<T>((resolve) => {
        look = () => {
          const found = wanted.find((line) => seen.includes(line));
          if (found !== undefined) resolve(found);
        };
        look();
      }),
  };
}

function failed({ host, directory }: EnginePlace, { exitCode, signal, stderr }: RunResult): ImageError {
  const errno = errnoFromText(stderr);
  if (errno !== undefined) return fileError({ side: 'destination', host: host.id, path: directory, action: 'create', said: stderr, errno });
  const how = signal === null ? `exit status ${exitCode}` : signal;
  return new ImageError(`the engine on ${nameOf(host)} ended (${how}): ${stderr.trim().slice(-300) || 'it did not say why'}`, {
    code: 'TOOL_FAILED',
    origin: 'driver',
    driver: 'p2p-precache',
    retryable: true,
    details: { host: host.id, exitCode, stderr: stderr.slice(-2000) },
  });
}

function nameOf({ kind, id }: Host): string {
  return kind === 'local' ? 'this machine' : id;
}

function once<T>(action: () => Promise<T>): () => Promise<T> {
  let done: Promise<T> | undefined;
  return () => (done ??= action());
}
