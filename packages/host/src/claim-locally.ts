import { setTimeout as sleep } from 'node:timers/promises';
import { isImageError } from '@image-api/driver';
import type { Claim, Host } from '@image-api/driver';
import { claimDevice, isDevice } from './claim-device.ts';
import { claimFile } from './claim-file.ts';
import { claimCancelled } from './refusal.ts';

export type ClaimOptions = NonNullable<Parameters<Host['claim']>[1]>;

/** How soon after its holder let go it is ours: often enough for a person, seldom enough for the machine. */
const pollMs = 200;

/** See `Host.claim`. */
export async function claimLocally(path: string, ours: NodeJS.ProcessEnv, { signal, waitMs = 0 }: ClaimOptions = {}): Promise<Claim> {
  const until = performance.now() + waitMs;
  for (;;) {
    if (signal?.aborted) throw claimCancelled(path, 'local', signal);
    try {
      return (await isDevice(path)) ? await claimDevice(path, signal) : await claimFile(path, ours, signal);
    } catch (error) {
      const leftMs = until - performance.now();
      if (!isImageError(error) || error.code !== 'DESTINATION_BUSY' || leftMs <= 0) throw error;
      await sleep(Math.min(pollMs, leftMs), undefined, { signal }).catch(() => undefined);
    }
  }
}
