import { setTimeout as sleep } from 'node:timers/promises';
import { ImageError } from '@image-api/driver';
import type { Environment, Limits, TransferRequest } from '@image-api/driver';
import type { RetryConfig } from '../config/config.ts';
import { noDriver } from '../plan/explain.ts';
import type { ReadyPlan } from '../plan/make-plan.ts';
import { attempt } from './attempt.ts';
import type { AttemptListener, AttemptOutcome } from './attempt.ts';
import { throwIfCancelled } from './controls.ts';
import type { Controls } from './controls.ts';
import { judge } from './judge-failure.ts';
import type { Ledger } from './ledger.ts';
import { nextDelayMs } from './retry-policy.ts';
import type { AttemptRecord } from './task.ts';

export interface AttemptsInput {
  readonly ready: ReadyPlan;
  readonly retry: Required<RetryConfig>;
  readonly env: Environment;
  readonly signal: AbortSignal;
  readonly controls: Controls;
  readonly ledger: Ledger;
  /** Image bytes dealt with so far; a try that got further is worth another. */
  readonly position: () => number;
  readonly listenerFor: (driver: string, number: number, after: AttemptRecord['error']) => AttemptListener;
  readonly waiting: (driver: string, number: number, retryInSeconds: number, after: ImageError) => void;
}

export interface AttemptsResult {
  readonly driver: string;
  readonly outcome: Extract<AttemptOutcome, { ok: true }>;
  readonly records: readonly AttemptRecord[];
}

/** So much progress since the last failure makes the count of tries begin anew. */
const worthwhileProgress = 2 ** 20;

/**
 * Try the drivers of a plan, best first, until one succeeds: again where it may help, the next one where it is harmless.
 *
 * @throws ImageError the last failure, or RETRIES_EXHAUSTED with it as the cause
 */
export async function runAttempts(input: AttemptsInput): Promise<AttemptsResult> {
  const { ready, retry, signal } = input;
  const records: AttemptRecord[] = [];
  let index = 0;
  let failures = 0;
  let furthest = 0;
  let left = false;
  let handedOut = false;
  let failingSinceMs: number | undefined;
  for (;;) {
    const current = ready.ranked[index];
    if (!current) throw noDriver(ready.plan);
    throwIfCancelled(signal);
    const { driver } = current;
    const request = withLimits(current.request, input.controls.changedLimits);
    const startedAt = performance.now();
    const number = records.length + 1;
    const outcome = await attempt({
      ...input,
      driver,
      request,
      number,
      handedOut,
      listener: input.listenerFor(driver.id, number, records.at(-1)?.error),
    });
    records.push(recordOf(driver.id, number, (performance.now() - startedAt) / 1000, outcome));
    if (outcome.ok) return { driver: driver.id, outcome, records };

    // What was left before is still there when this try never got as far as opening it.
    left = outcome.left ?? left;
    handedOut ||= outcome.handedOut;
    // Progress counts only where it was kept: else a copy that fails at ever new places would never give up.
    const gotFurther = left && input.position() - furthest >= worthwhileProgress;
    failures = gotFurther ? 1 : failures + 1;
    const nowMs = performance.now();
    if (gotFurther || failingSinceMs === undefined) failingSinceMs = nowMs;
    furthest = Math.max(furthest, input.position());
    const delayMs = nextDelayMs({ failures, failingForMs: nowMs - failingSinceMs }, retry, Math.random);
    const verdict = judge({
      error: outcome.error,
      left,
      mayRetry: delayMs !== undefined,
      next: ready.ranked[index + 1]?.driver.capabilities,
    });
    if (verdict === 'retry') {
      input.waiting(driver.id, number + 1, (delayMs ?? 0) / 1000, outcome.error);
      await sleep(delayMs, undefined, { signal }).catch(() => throwIfCancelled(signal));
    } else if (verdict === 'next') {
      index += 1;
      failures = 0;
      failingSinceMs = undefined;
    } else {
      throw finalError(outcome.error, left, records, request.to.href);
    }
  }
}

/** A limit that was set while the copy ran is not forgotten by the next try. */
function withLimits(request: TransferRequest, limits: Limits | undefined): TransferRequest {
  return limits ? { ...request, limits } : request;
}

function recordOf(driver: string, number: number, seconds: number, outcome: AttemptOutcome): AttemptRecord {
  return {
    driver,
    number,
    seconds,
    ...(outcome.kept > 0 && { kept: outcome.kept }),
    ...(!outcome.ok && { error: { code: outcome.error.code, message: outcome.error.message } }),
  };
}

function finalError(error: ImageError, left: boolean, records: readonly AttemptRecord[], staging: string): ImageError {
  const kept = left ? `; what arrived is kept in ${staging}, the same copy goes on from there` : '';
  const spent = error.retryable && records.length > 1;
  const message = spent ? `gave up after ${records.length} tries: ${error.message}${kept}` : `${error.message}${kept}`;
  return new ImageError(message, {
    code: spent ? 'RETRIES_EXHAUSTED' : error.code,
    origin: error.origin,
    ...(error.driver !== undefined && { driver: error.driver }),
    retryable: error.retryable,
    untouched: error.untouched,
    details: { ...error.details, attempts: records, ...(left && { kept: staging }) },
    cause: error,
  });
}
