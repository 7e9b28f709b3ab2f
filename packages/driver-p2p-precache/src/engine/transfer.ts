import { setTimeout as sleep } from 'node:timers/promises';
import { ImageError } from '@image-api/driver';
import type { SwarmEngine, SwarmStats, Transfer } from './swarm-engine.ts';

const lookMs = 500;
/** An engine that died is there again, with what it had, within a part of this. */
const comesBackMs = 30_000;
/** The engine counts bytes later than pieces, on a busy machine by so much. */
const settleMs = 3000;

type Look = () => Promise<SwarmStats | undefined>;

/** See `Transfer`. Looks at it now and then. */
export function watchedTransfer(
  engine: Pick<SwarmEngine, 'stats'>,
  infohash: string,
  onProgress: (stats: SwarmStats) => void = () => undefined,
): Transfer {
  return { infohash, complete: (signal) => completion(patientLook(engine, infohash), infohash, onProgress, signal) };
}

async function completion(
  look: Look,
  infohash: string,
  onProgress: (stats: SwarmStats) => void,
  signal: AbortSignal | undefined,
): Promise<SwarmStats> {
  for (let begun: SwarmStats | undefined, looks = 0; ; looks += 1) {
    if (signal?.aborted) throw cancelled(infohash, signal);
    const stats = await look();
    if (stats) {
      onProgress(stats);
      if (stats.state === 'failed') throw failed(infohash, stats.failure);
      if (stats.state !== 'checking') begun ??= stats;
      if (begun && stats.missing.length === 0) return looks === 0 ? stats : settled(look, begun, stats, signal);
    }
    await pause(lookMs, signal);
  }
}

/** Until what was missing when it began is counted. */
async function settled(look: Look, begun: SwarmStats, complete: SwarmStats, signal: AbortSignal | undefined): Promise<SwarmStats> {
  const expected = begun.downloaded + Math.max(1, begun.size - begun.verified);
  let stats = complete;
  for (let waitedMs = 0; stats.downloaded < expected && waitedMs < settleMs; waitedMs += lookMs) {
    await pause(lookMs, signal);
    if (signal?.aborted) break;
    stats = (await look()) ?? stats;
  }
  return stats;
}

/** Sees nothing while the engine is started anew. */
function patientLook(engine: Pick<SwarmEngine, 'stats'>, infohash: string): Look {
  let sinceMs: number | undefined;
  return async () => {
    try {
      const stats = await engine.stats(infohash);
      sinceMs = undefined;
      return stats;
    } catch (error) {
      sinceMs ??= performance.now();
      if (!isPassing(error) || performance.now() - sinceMs > comesBackMs) throw error;
      return undefined;
    }
  };
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(ms, undefined, { ...(signal && { signal }) }).catch(() => undefined);
}

function isPassing(error: unknown): boolean {
  return error instanceof ImageError && error.code === 'UNREACHABLE';
}

function failed(infohash: string, why = 'the engine does not say why'): ImageError {
  const isFull = /no space left|disk quota/i.test(why);
  return new ImageError(
    `the image with the infohash ${infohash} cannot be written: ${why}; ${isFull ? 'free some room' : 'check the disk'}`,
    {
      code: isFull ? 'NO_SPACE' : 'WRITE_FAILED',
      origin: 'destination',
      driver: 'p2p-precache',
      details: { infohash },
    },
  );
}

function cancelled(infohash: string, signal: AbortSignal): ImageError {
  return new ImageError(`fetching the image with the infohash ${infohash} from its swarm was cancelled`, {
    code: 'CANCELLED',
    origin: 'caller',
    driver: 'p2p-precache',
    cause: signal.reason,
  });
}
