import { ImageError, isImageError } from '@image-api/driver';
import type { Driver, Environment, ProgressUpdate, ReadyImage, TransferContext, TransferReport, TransferRequest } from '@image-api/driver';
import { createPrivateDirectory } from '@image-api/host';
import type { ReadyPlan } from '../plan/make-plan.ts';
import { checkArrivedImage } from '../safety/check-arrived-image.ts';
import { canResume } from './can-resume.ts';
import { throwIfCancelled } from './controls.ts';
import type { Controls } from './controls.ts';
import type { Ledger } from './ledger.ts';
import { publish } from './publish.ts';
import { beginDigest } from './early-digest.ts';
import type { EarlyDigest } from './early-digest.ts';
import { openStaging } from './staging.ts';
import type { Staging } from './staging.ts';
import type { Verified } from './task.ts';
import { unlessLate } from './unless-late.ts';
import { verify } from './verify.ts';

/** What an attempt tells the task while it runs. */
export interface AttemptListener {
  /** @param kept bytes of an earlier try that it goes on from */
  begin(held: 'resume' | 'delta' | undefined, kept: number): void;
  report(update: ProgressUpdate): void;
  phase(phase: string): void;
  ready(image: ReadyImage): void;
}

export interface AttemptInput {
  readonly ready: ReadyPlan;
  readonly driver: Driver;
  readonly request: TransferRequest;
  /** From 1, over all drivers. */
  readonly number: number;
  readonly env: Environment;
  readonly signal: AbortSignal;
  readonly controls: Controls;
  readonly listener: AttemptListener;
  readonly ledger: Ledger;
  /** An earlier attempt has handed the image out to be written to: this one must go on from what is there. */
  readonly handedOut: boolean;
}

/** How an attempt ended. */
export type AttemptOutcome =
  | {
      readonly ok: true;
      readonly verified: Verified;
      readonly kept: number;
      readonly report: TransferReport;
      /** In which the image moved and was made safe on its disk; without what went before, and the verification. */
      readonly seconds: number;
      /** Where it is, if it was let go of before it was complete and is not published. */
      readonly incomplete?: string;
    }
  | {
      readonly ok: false;
      readonly error: ImageError;
      readonly kept: number;
      /** Whether bytes are left in staging for another try; absent when it was never opened. */
      readonly left?: boolean;
      readonly handedOut: boolean;
    };

/** One try of one driver: stage, transfer, verify, publish. Whatever happens, only a resumable staging file may be left. */
export function attempt(input: AttemptInput): Promise<AttemptOutcome> {
  return unlessLate(work(input), input.signal, () => ({ ok: false, error: notCleanedUp(input), kept: 0, handedOut: false }));
}

async function work(input: AttemptInput): Promise<AttemptOutcome> {
  const { ready, request, listener, ledger } = input;
  let staging: Staging | undefined;
  let image: ReadyImage | undefined;
  let early: EarlyDigest | undefined;
  try {
    throwIfCancelled(input.signal);
    staging = await openStaging(input);
    // What is no longer ours alone must not be written to, and least of all be published.
    const signal = AbortSignal.any([input.signal, staging.lost]);
    listener.begin(staging.held, staging.kept);
    const { held: _, ...fresh } = request;
    const staged: TransferRequest = { ...fresh, ...(staging.held && { held: staging.held }) };
    const { heldBack } = input.controls;
    const hashesItself = input.driver.capabilities.hashes === true;
    const isCompared = staged.toFormat === undefined && !hashesItself;
    early = isCompared ? beginDigest(ready, staged, { signal, heldBack }) : undefined;
    const moving = stopwatch();
    const report = await transfer({ ...input, signal }, staged, (given) => (image = given));
    throwIfCancelled(signal);
    await staging.check();
    const moved = moving();
    if (report.incomplete)
      return { ok: true, verified: notComplete, kept: staging.kept, report, seconds: moved, incomplete: request.to.href };
    listener.phase('verify');
    const verified = await verify({ ready, request: staged, report, image, early, signal });
    await checkArrivedImage(ready, staged);
    listener.phase('publish');
    const publishing = stopwatch();
    await publish({ ready, request: staged, staging, signal });
    const seconds = moved + publishing();
    await ledger.strike(request.to.href);
    return { ok: true, verified, kept: staging.kept, report, seconds };
  } catch (thrown) {
    const error = asImageError(thrown, input, staging?.lost);
    const handedOut = input.handedOut || image?.writable === true;
    const left = staging && { left: await keepOrRemove(staging, { ...input, handedOut }, error) };
    return { ok: false, error, kept: staging?.kept ?? 0, handedOut, ...left };
  } finally {
    await early?.stop();
    // Nobody can be told of a failure here, and the kernel lets go of the file in any case.
    await staging?.release().catch(() => undefined);
  }
}

/** Seconds since it was made. */
function stopwatch(): () => number {
  const startedAtMs = performance.now();
  return () => (performance.now() - startedAtMs) / 1000;
}

const notComplete: Verified = { by: 'unverified', reason: 'it was let go of before it was complete' };

async function transfer(
  { driver, env, ready, signal, controls, listener }: AttemptInput,
  request: TransferRequest,
  handOut: (image: ReadyImage) => void,
): Promise<TransferReport> {
  let scratch: ReturnType<typeof createPrivateDirectory> | undefined;
  const { from, to } = ready.look;
  const context: TransferContext = {
    env,
    signal,
    hosts: { ...(from.host && { from: from.host }), ...(to.host && { to: to.host }) },
    // Made when it is asked for: most drivers never do. Swept by a later copy if this process is killed.
    get scratchDir() {
      scratch ??= createPrivateDirectory();
      return scratch.path;
    },
    report: (update) => listener.report(update),
    ready: (image) => {
      handOut(image);
      listener.ready(image);
    },
    checkpoint: (bytes) => controls.checkpoint(bytes, signal),
    onControl: (event, handler) => controls.on(event, handler),
  };
  try {
    return await driver.transfer(request, context);
  } finally {
    scratch?.remove();
  }
}

/**
 * A transfer that was stopped may fail in its own words; to the caller it is cancelled, or its host was lost, unless the name is there
 * already.
 */
function asImageError(thrown: unknown, { driver, signal }: AttemptInput, lost: AbortSignal | undefined): ImageError {
  const known = isImageError(thrown);
  if (known && thrown.details['published'] === true) return thrown;
  if (signal.aborted) {
    if (known && thrown.code === 'CANCELLED') return thrown;
    return new ImageError('cancelled', { code: 'CANCELLED', origin: 'caller', driver: driver.id, cause: thrown });
  }
  if (lost?.aborted && isImageError(lost.reason) && (!known || thrown.code === 'CANCELLED')) return lost.reason;
  if (known) return thrown;
  const words = thrown instanceof Error ? thrown.message : String(thrown);
  return new ImageError(`driver ${driver.id} failed in a way it did not foresee: ${words}`, {
    code: 'INTERNAL',
    origin: 'driver',
    driver: driver.id,
    cause: thrown,
  });
}

/**
 * Bytes are worth keeping when the same copy can go on from them later; after a cancel nobody is known to want them. What a guest may
 * have written is kept whatever happened: it is nowhere else.
 */
async function keepOrRemove(staging: Staging, { driver, ready, request, handedOut }: AttemptInput, error: ImageError): Promise<boolean> {
  const usable = canResume(driver, ready.look, request.needs) || handedOut;
  try {
    const wanted = handedOut ? error.code !== 'CANCELLED' : error.retryable;
    const worth = usable && wanted && (await staging.holdsBytes());
    if (!worth) await staging.remove();
    return worth;
  } catch {
    // The host is out of reach: what is there stays, under its private name.
    return usable;
  }
}

function notCleanedUp({ request }: AttemptInput): ImageError {
  return new ImageError(`its host does not answer, so ${request.to.href} may be left there`, {
    code: 'CANCELLED',
    origin: 'caller',
    details: { mayBeLeft: request.to.href },
  });
}
