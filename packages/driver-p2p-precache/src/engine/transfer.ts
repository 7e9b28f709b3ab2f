import { setTimeout as sleep } from 'node:timers/promises';
import { ImageError } from '@image-api/driver';
import type { SwarmEngine, SwarmStats, Transfer } from './swarm-engine.ts';

const lookMs = 500;
/** The engine counts bytes a moment later than pieces. */
const settleMs = 700;
/** An engine that died is there again, with what it had, within a part of this. */
const comesBackMs = 30_000;

/** See `Transfer`. Looks at it now and then. */
export function watchedTransfer(
  engine: Pick<SwarmEngine, 'stats'>,
  infohash: string,
  onProgress: (stats: SwarmStats) => void = () => undefined,
): Transfer {
  return {
    infohash,
    async complete(signal) {
      let [looks, aloneSinceMs]: [number, number | undefined] = [0, undefined];
      for (;;) {
        if (signal?.aborted) throw cancelled(infohash, signal);
        try {
          const stats = await engine.stats(infohash);
          aloneSinceMs = undefined;
          onProgress(stats);
          if (stats.state === 'failed') throw failed(infohash, stats.failure);
          if (isComplete(stats)) return looks === 0 ? stats : await settled(engine, infohash, signal);
          looks += 1;
        } catch (error) {
          aloneSinceMs ??= performance.now();
          if (!isPassing(error) || performance.now() - aloneSinceMs > comesBackMs) throw error;
        }
        await pause(lookMs, signal);
      }
    },
  };
}

function isComplete({ pieces, state }: SwarmStats): boolean {
  return pieces.verified === pieces.total && state !== 'checking';
}

async function settled(engine: Pick<SwarmEngine, 'stats'>, infohash: string, signal: AbortSignal | undefined): Promise<SwarmStats> {
  await pause(settleMs, signal);
  return engine.stats(infohash);
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
