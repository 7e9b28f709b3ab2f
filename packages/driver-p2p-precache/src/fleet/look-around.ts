import { ImageError } from '@image-api/driver';
import type { Host, RunResult } from '@image-api/driver';
import { errnoFromText, escapeControl, fileError } from '@image-api/host';
import type { CheckedState } from '../cache/entry.ts';
import { lookScript, noEngine, noFlock, untrustedDirectory } from './far-scripts.ts';

/** What was found on a host. */
export interface Surroundings {
  /** The cache. */
  readonly directory: string;
  /** By which address we reached it, and from which of ours, as it sees it. */
  readonly address: string;
  readonly ourAddress: string;
  /** Bytes that may still be written. */
  readonly free: number;
  /** The image, where the cache has it already. */
  readonly image?: HeldImage;
  /** What an earlier try left, in bytes on disk. */
  readonly part?: number;
  /** Other images in the cache. */
  readonly older: readonly OlderImage[];
}

export interface HeldImage {
  readonly size: number;
  /** Of the manifest beside it. */
  readonly sha256: string | undefined;
  readonly state: CheckedState;
  /** The state of the file when its digest was computed. */
  readonly checked: string | undefined;
}

export interface OlderImage {
  readonly sha256: string;
  readonly size: number;
  readonly pieceLength: number;
  /** Seconds since 1970, by the clock over there. */
  readonly usedAt: number;
}

const deadlineMs = 60_000;

/**
 * Look at the cache of a host, and make its directories.
 *
 * @param cacheDir absent: where that host has its cache
 * @throws ImageError BAD_OPTION when the cache is not to be trusted, TOOL_MISSING, those of a connection and of a directory that cannot be made
 */
export async function lookAround(
  host: Host,
  { sha256, cacheDir = '', withOlder, signal }: { sha256: string; cacheDir?: string | undefined; withOlder: boolean; signal: AbortSignal },
): Promise<Surroundings> {
  const words = ['-c', lookScript, 'sh', cacheDir, sha256, withOlder ? 'older' : ''];
  const result = await host.run('sh', words, { signal, deadlineMs });
  if (result.exitCode !== 0) throw refusal(host, cacheDir || 'its cache', result);
  return parseSurroundings(result.stdout);
}

/** What the script said. */
export function parseSurroundings(said: string): Surroundings {
  const lines = said.split('\n').map((line) => line.split(' '));
  const of = (name: string): readonly string[] | undefined => lines.find(([first]) => first === name)?.slice(1);
  const [ours = '', , theirs = ''] = of('ssh') ?? [];
  const [blocks = 0, blockSize = 0] = (of('space') ?? []).map(Number);
  const part = of('part')?.map(Number);
  const image = readImage(of);
  return {
    directory: (of('directory') ?? []).join(' '),
    address: plainAddress(theirs),
    ourAddress: plainAddress(ours),
    free: blocks * blockSize,
    ...(image && { image }),
    ...(part && { part: (part[1] ?? 0) * (part[2] ?? 0) }),
    older: lines.filter(([first]) => first === 'older').map(readOlder),
  };
}

function readImage(of: (name: string) => readonly string[] | undefined): HeldImage | undefined {
  const [size, inode, modified] = of('image') ?? [];
  if (size === undefined || inode === undefined || modified === undefined) return undefined;
  const sha256 = /"sha256":"([0-9a-f]{64})"/.exec(of('manifest')?.[0] ?? '')?.[1];
  return { size: Number(size), sha256, state: { inode, modifiedNs: modified.replace('.', '') }, checked: of('checked')?.join(' ') };
}

function readOlder([, sha256 = '', size, pieceLength, usedAt]: readonly string[]): OlderImage {
  return { sha256, size: Number(size), pieceLength: Number(pieceLength), usedAt: Number(usedAt) };
}

/** An IPv4 address may come in the clothes of an IPv6 one. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/, '');
}

function refusal({ id }: Host, path: string, { exitCode, stdout, stderr }: RunResult): ImageError {
  if (exitCode === noEngine) return toolMissing('qbittorrent-nox', id);
  if (exitCode === noFlock) return toolMissing('flock', id);
  if (exitCode !== untrustedDirectory)
    return fileError({ side: 'destination', host: id, path, action: 'create', said: stderr, errno: errnoFromText(stderr) });
  const flaw = /^flaw (.*)$/m.exec(stdout)?.[1] ?? 'cannot be used';
  return new ImageError(
    `nothing can be cached on ${id}: ${escapeControl(path)} ${flaw}; name a directory of that user's own with mode 700`,
    {
      code: 'BAD_OPTION',
      origin: 'caller',
      driver: 'p2p-precache',
      details: { host: id },
    },
  );
}

function toolMissing(tool: string, host: string): ImageError {
  return new ImageError(`${tool} is not installed on ${host}; install it there`, {
    code: 'TOOL_MISSING',
    origin: 'driver',
    driver: 'p2p-precache',
    details: { tool, host },
  });
}
