import { posix } from 'node:path';
import { ImageError, isImageError } from '@image-api/driver';
import type { Claim, Driver, Host, TransferRequest } from '@image-api/driver';
import { onSide } from '../look/on-side.ts';
import type { ReadyPlan } from '../plan/make-plan.ts';
import { stagingPrefix } from '../plan/staging-name.ts';
import { atPath } from '../uri/at-path.ts';
import { canResume } from './can-resume.ts';
import type { Ledger } from './ledger.ts';
import { settleRivals } from './rivals.ts';

/** The place bytes arrive at during one attempt. */
export interface Staging {
  readonly held?: 'resume' | 'delta';
  /** Bytes of an earlier try that are there already. */
  readonly kept: number;
  /** Names the file for the kernel, so that it is known again under another name. */
  readonly inode?: string;
  /** Aborted when it is no longer held though nobody let go; the reason is an `ImageError`. */
  readonly lost: AbortSignal;
  /** Is what is there still the file we made, with nobody else's name on it? @throws ImageError */
  check(): Promise<void>;
  /** Whether it holds anything worth going on from. */
  holdsBytes(): Promise<boolean>;
  remove(): Promise<void>;
  release(): Promise<void>;
}

const nothing = (): Promise<void> => Promise.resolve();

/** In place there is nothing to make, keep or remove. */
const inPlace: Staging = {
  kept: 0,
  lost: new AbortController().signal,
  check: nothing,
  holdsBytes: () => Promise.resolve(false),
  remove: nothing,
  release: nothing,
};

/** Our own lock of a connection that was lost is let go of by the far end when it notices, which may take this long. */
const ownLockMs = 60_000;

export interface StagingInput {
  readonly ready: ReadyPlan;
  readonly driver: Driver;
  readonly request: TransferRequest;
  /** Of the attempt, from 1. */
  readonly number: number;
  readonly signal: AbortSignal;
  readonly ledger: Ledger;
  /** An earlier attempt of this copy has handed the image out to be written to. */
  readonly handedOut: boolean;
}

/**
 * Make the staging file, or take over what an interrupted try left of it, and hold it so that nobody else can. A device is held
 * as it is.
 *
 * @throws ImageError DESTINATION_BUSY while another copy to the same destination is under way
 */
export async function openStaging(input: StagingInput): Promise<Staging> {
  const { ready, request, number, signal } = input;
  const host = ready.look.to.host;
  if (!host) return inPlace;
  return onSide('destination', request.name, async () => {
    const claim = await claimAnew(host, request, { signal, ...(number > 1 && { waitMs: ownLockMs }) });
    if (ready.plan.publish === 'in-place') return { ...inPlace, lost: claim.lost, release: () => claim.release() };
    return claimed(claim, host, input);
  });
}

/** An earlier try may have come to its end, but for the removal of this very name: the file is another's by now, its name is free. */
async function claimAnew(host: Host, { to, name }: TransferRequest, options: Parameters<Host['claim']>[1]): Promise<Claim> {
  try {
    return await host.claim(to.path, options);
  } catch (error) {
    if (!isImageError(error) || error.code !== 'DESTINATION_KIND') throw error;
    const found = await host.sweep(posix.dirname(to.path), { prefix: stagingPrefix(name.path), dryRun: true });
    if (!found.some(({ path, published, state }) => path === to.path && published && state !== 'held')) throw error;
    await host.remove(to.path);
    return host.claim(to.path, options);
  }
}

async function claimed(claim: Claim, host: Host, input: StagingInput): Promise<Staging> {
  const { ready, driver, request, signal, ledger } = input;
  let mine = claim;
  try {
    for (const { path } of await settleRivals({ host, name: request.name, staging: request.to.path, signal }))
      await ledger.strike(atPath(request.name, path).href);
    await ledger.enter({ staging: request.to.href, from: request.from.href, to: request.name.href, startedAt: new Date().toISOString() });
    // A driver that cannot resume gets an empty file.
    if (claim.existed && claim.size > 0 && !canResume(driver, ready.look, request.needs) && !input.handedOut) {
      insistNotUsed(request);
      await host.remove(request.to.path);
      await claim.release();
      mine = await host.claim(request.to.path, { signal });
    }
    return await stagingOf(mine, host, input);
  } catch (error) {
    if (!mine.existed) {
      await host.remove(request.to.path).catch(() => undefined);
      await ledger.strike(request.to.href);
    }
    await mine.release();
    throw error;
  }
}

/**
 * What a copy has left that handed its image out may hold what a guest wrote, and that is nowhere else. It is not removed to begin anew.
 *
 * @throws ImageError DESTINATION_EXISTS
 */
function insistNotUsed({ from, to, name, needs = [] }: TransferRequest): void {
  if (!needs.includes('readyEarly')) return;
  throw new ImageError(
    `${to.path}, left by an earlier copy to ${name.href}, may hold what a guest wrote, and nobody can tell whether ${from.href} is still what it came from: move it away, or remove it, then copy again`,
    { code: 'DESTINATION_EXISTS', origin: 'destination', untouched: true },
  );
}

async function stagingOf(claim: Claim, host: Host, { ready, request, signal, ledger }: StagingInput): Promise<Staging> {
  const path = request.to.path;
  const resuming = claim.existed && claim.size > 0;
  const delta = !resuming && ready.delta;
  if (delta) await host.duplicate(ready.look.to.endpoint.path, path, { signal });
  const made = await host.stat(path);
  return {
    ...(resuming ? { held: 'resume' as const } : delta ? { held: 'delta' as const } : {}),
    kept: resuming ? (made?.allocated ?? 0) : 0,
    ...(made && { inode: made.inode }),
    lost: claim.lost,
    check: async () => {
      const now = await onSide('destination', request.name, () => host.stat(path));
      if (now?.kind === 'file' && now.inode === made?.inode && now.links === 1) return;
      throw new ImageError(`${path} was replaced while ${request.name.href} was being written: somebody else works in that directory`, {
        code: 'WRITE_FAILED',
        origin: 'destination',
      });
    },
    holdsBytes: async () => ((await host.stat(path))?.allocated ?? 0) > 0,
    remove: async () => {
      await host.remove(path);
      await ledger.strike(request.to.href);
    },
    release: () => claim.release(),
  };
}
