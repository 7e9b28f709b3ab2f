import { ImageError } from '@image-api/driver';
import type { Claim, Driver, Host, TransferRequest } from '@image-api/driver';
import { onSide } from '../look/on-side.ts';
import type { ReadyPlan } from '../plan/make-plan.ts';

/** The place bytes arrive at during one attempt. */
export interface Staging {
  readonly held?: 'resume' | 'delta';
  /** Bytes of an earlier try that are there already. */
  readonly kept: number;
  /** Is what is there still the file we made, with nobody else's name on it? @throws ImageError */
  check(): Promise<void>;
  /** Whether it holds anything worth going on from. */
  holdsBytes(): Promise<boolean>;
  remove(): Promise<void>;
  release(): Promise<void>;
}

/** In place there is nothing to make, keep or remove. */
const inPlace: Staging = {
  kept: 0,
  check: () => Promise.resolve(),
  holdsBytes: () => Promise.resolve(false),
  remove: () => Promise.resolve(),
  release: () => Promise.resolve(),
};

/**
 * Make the staging file, or take over what an interrupted try left of it, and hold it so that nobody else can.
 *
 * @throws ImageError DESTINATION_BUSY while another copy of the same holds it
 */
export async function openStaging(ready: ReadyPlan, driver: Driver, request: TransferRequest, signal: AbortSignal): Promise<Staging> {
  const host = ready.look.to.host;
  if (ready.plan.publish === 'in-place' || !host) return inPlace;
  return onSide('destination', request.name, async () => {
    const claim = await claimFor(host, driver, ready, request);
    try {
      return await stagingOf(claim, host, ready, request, signal);
    } catch (error) {
      if (!claim.existed) await host.remove(request.to.path);
      await claim.release();
      throw error;
    }
  });
}

/** A driver that cannot resume gets an empty file. */
async function claimFor(host: Host, driver: Driver, ready: ReadyPlan, request: TransferRequest): Promise<Claim> {
  const claim = await host.claim(request.to.path);
  const usable = driver.capabilities.resume === true && ready.look.from.stat !== undefined;
  if (!claim.existed || claim.size === 0 || usable) return claim;
  await host.remove(request.to.path);
  await claim.release();
  return host.claim(request.to.path);
}

async function stagingOf(claim: Claim, host: Host, ready: ReadyPlan, request: TransferRequest, signal: AbortSignal): Promise<Staging> {
  const path = request.to.path;
  const resuming = claim.existed && claim.size > 0;
  const old = ready.look.to.endpoint.path;
  if (!resuming && request.held === 'delta') await host.duplicate(old, path, { signal });
  const made = await host.stat(path);
  const held = resuming ? 'resume' : request.held;
  return {
    ...(held && { held }),
    kept: resuming ? (made?.allocated ?? 0) : 0,
    check: async () => {
      const now = await host.stat(path);
      if (now?.kind === 'file' && now.inode === made?.inode && now.links === 1) return;
      throw new ImageError(`${path} was replaced while ${request.name.href} was being written: somebody else works in that directory`, {
        code: 'WRITE_FAILED',
        origin: 'destination',
      });
    },
    holdsBytes: async () => ((await host.stat(path))?.allocated ?? 0) > 0,
    remove: () => host.remove(path),
    release: () => claim.release(),
  };
}
