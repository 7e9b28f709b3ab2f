import type { Host, TransferContext, TransferRequest } from '@image-api/driver';
import { digestScript } from './digest-script.ts';
import { createLineReader } from './ssh-progress.ts';
import { sshError } from './ssh-errors.ts';

/** A piece of the image that must be sent. */
export interface Piece {
  readonly from: number;
  readonly to: number;
  /** What is zero in it must be written, too: the destination may hold something else there. */
  readonly exact: boolean;
}

/** What a comparison told. */
export interface Difference {
  readonly pieces: readonly Piece[];
  /** Bytes that were compared, in chunks of so many. */
  readonly held: number;
  readonly chunk: number;
}

const mib = 1024 * 1024;
/** Enough for a terabyte. What differs must fit into the words of a command. */
const mostChunks = 2 ** 18;

/** What must be sent, so that a file that holds something already becomes the image. Both ends read what is held, at the same time. */
export async function compareEnds(request: TransferRequest, { env, hosts, signal }: TransferContext): Promise<Difference | undefined> {
  const { size = 0 } = request.from.facts;
  const [sender, receiver] = [hosts.from ?? env.local, hosts.to ?? env.local];
  const held = Math.min(size, (await receiver.stat(request.to.path))?.size ?? 0);
  if (held === 0) return undefined;
  const chunk = chunkOf(held);
  const ours = new AbortController();
  const either = AbortSignal.any([signal, ours.signal]);
  const ask = (side: 'source' | 'destination'): Promise<readonly string[]> =>
    digests(side === 'source' ? sender : receiver, request, side, { held, chunk, signal: either });
  const asked = [ask('source'), ask('destination')];
  try {
    const [there = [], here = []] = await Promise.all(asked);
    return { pieces: piecesBetween(there, here, { held, chunk, size }), held, chunk };
  } finally {
    ours.abort();
    await Promise.allSettled(asked);
  }
}

/** How many bytes are compared at a time. */
export function chunkOf(held: number): number {
  let chunk = held > 1024 * mib ? 4 * mib : mib;
  while (held > chunk * mostChunks) chunk *= 2;
  return chunk;
}

/** The chunks that differ, neighbours joined, and all behind what is held. */
export function piecesBetween(
  wanted: readonly string[],
  found: readonly string[],
  { held, chunk, size }: { readonly held: number; readonly chunk: number; readonly size: number },
): Piece[] {
  const pieces: Piece[] = [];
  for (let index = 0; index * chunk < held; index++) {
    if (wanted[index] !== undefined && wanted[index] === found[index]) continue;
    const [from, to] = [index * chunk, Math.min(held, (index + 1) * chunk)];
    const last = pieces.at(-1);
    if (last?.to === from) pieces[pieces.length - 1] = { ...last, to };
    else pieces.push({ from, to, exact: true });
  }
  return held < size ? [...pieces, { from: held, to: size, exact: false }] : pieces;
}

/** As the script that sends reads them. */
export function listOf(pieces: readonly Piece[]): string {
  return [...pieces.map(({ from, to, exact }) => `${from} ${to} ${exact ? 1 : 0}\n`), 'end\n'].join('');
}

/** As the script that spells them out reads them: a bit for each chunk that was compared. */
export function bitsOf({ pieces, held, chunk }: Difference): string {
  const bits = new Uint8Array(Math.ceil(held / chunk / 8));
  for (const { from, to } of pieces.filter(({ exact }) => exact))
    for (let index = from / chunk; index * chunk < to; index++) bits[index >> 3]! |= 1 << (index & 7);
  return Buffer.from(bits).toString('hex');
}

async function digests(
  on: Host,
  request: TransferRequest,
  side: 'source' | 'destination',
  { held, chunk, signal }: { readonly held: number; readonly chunk: number; readonly signal: AbortSignal },
): Promise<readonly string[]> {
  const lines: string[] = [];
  const path = side === 'source' ? request.from.path : request.to.path;
  const result = await on.run('perl', ['-e', digestScript, '--', path, String(held), String(chunk)], {
    signal,
    killAfterMs: 1000,
    onStdout: createLineReader((line) => lines.push(line.split(' ')[0] ?? '')),
  });
  if (result.exitCode === 0) return lines;
  const stderr = side === 'source' ? result.stderr : result.stderr.replace('image-api read', 'image-api write');
  throw sshError({ ...result, stderr }, { request, far: on.id, hosts: { source: on.id, destination: on.id }, untouched: true });
}
