import { posix } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ImageError } from '@image-api/driver';
import type { Endpoint, Host, Leftover } from '@image-api/driver';
import { stagingPrefix } from '../plan/staging-name.ts';
import { throwIfCancelled } from './controls.ts';

export interface Contest {
  readonly host: Host;
  /** The destination all of them want. */
  readonly name: Endpoint;
  /** Our own staging file, which we hold. */
  readonly staging: string;
  readonly signal: AbortSignal;
}

/** A rival that began in the same moment sees us, too, and lets go within this time. */
const patienceMs = 2000;
const pollMs = 200;

/**
 * Make sure that no other copy writes to the same destination, and clear away what dead ones left of theirs.
 *
 * Each copy takes its staging file first and looks around then, so of two that begin together at least one sees the other. The one
 * whose name comes first stays; without such an order both would give way.
 *
 * @returns what was cleared away
 * @throws ImageError DESTINATION_BUSY
 */
export async function settleRivals({ host, name, staging, signal }: Contest): Promise<readonly Leftover[]> {
  const own = posix.basename(staging);
  const removed: Leftover[] = [];
  const until = performance.now() + patienceMs;
  for (;;) {
    throwIfCancelled(signal);
    const found = await host.sweep(posix.dirname(staging), { prefix: stagingPrefix(name.path), except: own });
    removed.push(...found.filter(({ state }) => state === 'removed'));
    const held = found.filter(({ state }) => state === 'held');
    if (held.length === 0) return removed;
    if (held.some(({ path }) => posix.basename(path) < own) || performance.now() >= until) throw busy(name, held);
    await sleep(pollMs, undefined, { signal }).catch(() => throwIfCancelled(signal));
  }
}

function busy(name: Endpoint, held: readonly Leftover[]): ImageError {
  return new ImageError(`another copy, of another source or made in another way, is writing to ${name.href}: wait for it, or end it`, {
    code: 'DESTINATION_BUSY',
    origin: 'destination',
    untouched: true,
    details: { heldBy: held.map(({ path }) => path) },
  });
}
