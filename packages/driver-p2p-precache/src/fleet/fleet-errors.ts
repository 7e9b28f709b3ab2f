import { ImageError, isImageError } from '@image-api/driver';
import type { PieceRange } from '../manifest/zero-pieces.ts';

/** What is there is less than what has to come. */
export function noRoom(host: string, directory: string, wanted: number, free: number): ImageError {
  return new ImageError(
    `${host} has no room for the image: ${wanted} bytes are to come, and ${free} are free where ${directory} is; free some there`,
    {
      code: 'NO_SPACE',
      origin: 'destination',
      driver: 'p2p-precache',
      details: { host, wanted, free },
    },
  );
}

/** The engine could not write. */
export function diskFailed(host: string, why = 'the engine does not say why'): ImageError {
  const isFull = /no space left|disk quota/i.test(why);
  return new ImageError(`${host} cannot write the image: ${why}; ${isFull ? 'free some room there' : 'check the disk there'}`, {
    code: isFull ? 'NO_SPACE' : 'WRITE_FAILED',
    origin: 'destination',
    driver: 'p2p-precache',
    details: { host },
  });
}

/** What is known of the pieces that do not come. */
export interface Lack {
  /** Those that no host has, as far as is known. */
  readonly missing: readonly PieceRange[];
  readonly total: number;
  /** Whether this machine still hands them out. */
  readonly hasOrigin: boolean;
  /** Why it does not. */
  readonly originFailure?: string;
}

/**
 * Nothing was verified for too long.
 *
 * @param banned by the engine: for a piece that is wrong it blames everybody who sent some of it, whoever is honest among them, and for good. The
 *   next engine deals with them again.
 */
export function nothingCame(host: string, patienceMs: number, lack: Lack, banned: readonly string[] = []): ImageError {
  return new ImageError(`nothing came to ${host} for ${Math.round(patienceMs / 1000)} s; ${whyNothing(lack)}`, {
    code: 'STALLED',
    origin: 'driver',
    driver: 'p2p-precache',
    retryable: banned.length > 0,
    details: { host, missing: lack.missing.slice(0, 100), pieces: lack.total },
  });
}

function whyNothing({ missing, total, hasOrigin, originFailure }: Lack): string {
  const lost = missing.reduce((sum, [from, to]) => sum + to - from, 0);
  if (lost === 0) return 'other hosts have all of it: check that they reach each other over TCP, by the addresses that ssh uses';
  const lack = `no host has ${lost} of its ${total} pieces (${piecesText(missing)})`;
  if (hasOrigin)
    return `${lack}, and none of them comes from this machine: check that the hosts reach it over TCP, by the addresses that ssh uses`;
  return `${lack}, and this machine does not hand them out any more${originFailure ? ` (${originFailure})` : ''}: start it again`;
}

function piecesText(ranges: readonly PieceRange[]): string {
  const words = ranges.slice(0, 5).map(([from, to]) => (to - from === 1 ? String(from) : `${from} to ${to - 1}`));
  return `${words.join(', ')}${ranges.length > words.length ? '…' : ''}`;
}

/** Whoever had the lock has put it there, and it has to be looked at. */
export function cameMeanwhile(host: string): ImageError {
  return new ImageError(`another put the image into the cache of ${host} meanwhile; it is looked at again`, {
    code: 'DESTINATION_BUSY',
    origin: 'destination',
    driver: 'p2p-precache',
    retryable: true,
  });
}

/** What nobody foresaw is a mistake of this software. */
export function asImageError(error: unknown, host: string): ImageError {
  if (isImageError(error)) return error;
  return new ImageError(`${host}: ${error instanceof Error ? error.message : String(error)}`, {
    code: 'INTERNAL',
    origin: 'driver',
    driver: 'p2p-precache',
    cause: error,
  });
}

/** All of it was to be over by now. */
export function tookTooLong(host: string): ImageError {
  return new ImageError(
    `${host} did not have the image in the time that all were given; allow more time, and start it again: it goes on from there`,
    {
      code: 'DEADLINE',
      origin: 'driver',
      driver: 'p2p-precache',
      details: { host },
    },
  );
}

/** Who has just run a command for us does run commands: what looks like a login that is refused was a connection that was cut off. */
export function cutOffLater(error: unknown, name: string): unknown {
  if (!isImageError(error) || error.code !== 'AUTH_DENIED') return error;
  return new ImageError(`${name} ran commands for us, and then one of them not: ${error.message}`, {
    code: 'UNREACHABLE',
    origin: 'destination',
    driver: 'p2p-precache',
    retryable: true,
    cause: error,
  });
}
