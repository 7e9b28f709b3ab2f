import type { Counters } from '@image-api/driver';
import type { History } from '../history/history.ts';
import { lessonOf } from '../history/lesson.ts';
import type { PastCopy } from '../history/lesson.ts';
import type { ReadyPlan } from '../plan/make-plan.ts';
import type { AttemptsResult } from './attempts.ts';

/** A copy that has just succeeded. */
export interface DoneCopy {
  readonly ready: ReadyPlan;
  readonly attempts: AttemptsResult;
  /** Of the whole task. */
  readonly counters: Counters;
  readonly steered: boolean;
  readonly alone: boolean;
}

/** Let later plans on this route know how long it took, if it took what such copies take. Nothing is waited for. */
export function learnFrom(copy: DoneCopy, history: History | undefined): void {
  const { route } = copy.ready;
  const lesson = history && route !== undefined ? lessonOf(pastCopyOf(copy)) : undefined;
  if (lesson) history?.learn(route as string, lesson);
}

function pastCopyOf({ ready, attempts: { driver, outcome, records }, counters, steered, alone }: DoneCopy): PastCopy {
  const { seconds: guess = 0, way } = ready.ranked.find((one) => one.driver.id === driver)?.offer ?? {};
  return {
    driver,
    ...(way !== undefined && { way }),
    bytes: movedBytes(counters),
    guess,
    seconds: outcome.seconds,
    attempts: records.length,
    kept: outcome.kept,
    steered,
    alone,
    asOffered: outcome.incomplete === undefined && (outcome.report.warnings ?? []).length === 0 && !isUsedMeanwhile(ready, counters),
    hashed: outcome.report.writtenDigest !== undefined,
  };
}

/** On the wire where that is known, else from the source; of a driver that counts neither, what it says it did not skip. */
function movedBytes({ bytesLogical, bytesRead, bytesSent, bytesSkipped }: Counters): number {
  return bytesSent || bytesRead || Math.max(0, bytesLogical - bytesSkipped);
}

/** A guest that works on the image while it comes takes its share of the link and the disk. */
function isUsedMeanwhile({ ranked }: ReadyPlan, { bytesOnDemand = 0 }: Counters): boolean {
  return bytesOnDemand > 0 || ranked.some(({ request }) => request.needs?.includes('readyEarly'));
}
