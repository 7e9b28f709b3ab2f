import { ImageError, isImageError } from '@image-api/driver';
import type { TransferRequest } from '@image-api/driver';
import type { SwarmStats } from './engine/swarm-engine.ts';
import type { PieceRange } from './manifest/zero-pieces.ts';

/** The caller does not want it any more. */
export function cancelled({ from }: TransferRequest, signal: AbortSignal): ImageError {
  return new ImageError(`copying ${from.href} was cancelled`, {
    code: 'CANCELLED',
    origin: 'caller',
    driver: 'p2p-precache',
    untouched: true,
    cause: signal.reason,
  });
}

/** A failure of a copy out of the cache, in words of the copy. @param untouched whether it is certain that no byte was written */
export function copyError(error: unknown, { from, name }: TransferRequest, untouched: boolean): unknown {
  return inWordsOf(`copying ${from.href} from the cache to ${name.href}`, error, untouched);
}

/** A failure of a fetch into the cache: not a byte was written to where the copy goes. */
export function fetchError(error: unknown, { from }: TransferRequest): unknown {
  return inWordsOf(`fetching ${from.path} into the cache`, error, true);
}

function inWordsOf(what: string, error: unknown, untouched: boolean): unknown {
  if (!isImageError(error)) return error;
  const { code, origin, retryable, details } = error;
  return new ImageError(`${what}: ${error.message}`, {
    code,
    origin,
    driver: 'p2p-precache',
    retryable,
    untouched: untouched || error.untouched,
    details,
    cause: error,
  });
}

/** Somebody wrote into the cache. */
export function cutShort({ from }: TransferRequest, at: number): ImageError {
  return new ImageError(`${from.href} was cut in the cache while it was copied, byte ${at} is gone; leave what is in the cache alone`, {
    code: 'SOURCE_CHANGED',
    origin: 'source',
    driver: 'p2p-precache',
  });
}

/** Only the core can have other drivers fetch something. */
export function cannotFetch({ from }: TransferRequest): ImageError {
  return new ImageError(
    `${from.href} is not in the cache, and only files of this machine can be put there directly: use imagectl precache`,
    {
      code: 'UNSUPPORTED',
      origin: 'caller',
      driver: 'p2p-precache',
      untouched: true,
    },
  );
}

/** What is read is not the image that was asked for. */
export function wrongOrigin(name: string, what: string): ImageError {
  return new ImageError(`${name} is another image than the one that was published: ${what}; name an origin that has it`, {
    code: 'VERIFY_FAILED',
    origin: 'source',
    driver: 'p2p-precache',
  });
}

/** Of a fetch that is part of a copy, or of filling the cache. */
export function joiningCancelled(signal: AbortSignal): ImageError {
  return new ImageError('fetching from peers was cancelled', {
    code: 'CANCELLED',
    origin: 'caller',
    driver: 'p2p-precache',
    cause: signal.reason,
  });
}

/** No piece came any more. */
export function swarmStalled({ missing, pieces, availability, peers }: SwarmStats, stallMs: number): ImageError {
  const nobody = availability !== undefined && availability < 1 ? ', and no peer in sight has all of them' : '';
  const count = pieces.total - pieces.verified;
  return new ImageError(
    `no piece came from ${peersText(peers.length)} for ${Math.round(stallMs / 100) / 10} s; ${count} of ${pieces.total} pieces are missing ` +
      `(${rangesText(missing)})${nobody}: name more peers, or with origin= where the image is as a whole`,
    {
      code: 'STALLED',
      origin: 'source',
      driver: 'p2p-precache',
      retryable: true,
      details: { missing: missing.slice(0, 100), availability, peers: peers.length },
    },
  );
}

function peersText(count: number): string {
  return count === 0 ? 'anybody, as no peer answers,' : `${count} ${count === 1 ? 'peer' : 'peers'}`;
}

function rangesText(ranges: readonly PieceRange[]): string {
  const shown = ranges.slice(0, 4).map(([from, to]) => (to === from + 1 ? `${from}` : `${from} to ${to - 1}`));
  return `${shown.join(', ')}${ranges.length > shown.length ? '…' : ''}`;
}

/** There is nobody to join, or nothing to join with. */
export function noPeers(sha256: string, hasEngine: boolean): ImageError {
  const [code, why] = hasEngine
    ? (['SOURCE_MISSING', 'no peer is named: add peer=host:port, as imagectl publish prints it'] as const)
    : (['TOOL_MISSING', 'qbittorrent-nox is not installed on this machine: install it'] as const);
  return new ImageError(`sha256:${sha256} cannot be fetched from peers, ${why}, or name an origin=`, {
    code,
    origin: 'source',
    driver: 'p2p-precache',
    untouched: true,
  });
}
