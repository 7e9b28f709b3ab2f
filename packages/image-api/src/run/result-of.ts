import type { Plan } from '../plan/plan.ts';
import type { AttemptsResult } from './attempts.ts';
import type { TaskResult } from './task.ts';

/** What a copy that succeeded answers. */
export function resultOf(
  id: string,
  { from, to }: Plan,
  { driver, outcome, records }: AttemptsResult,
  measured: Pick<TaskResult, 'counters' | 'seconds'>,
  warned: readonly string[] = [],
): TaskResult {
  const { size } = from.facts;
  const warnings = [...(outcome.report.warnings ?? []), ...warned];
  return {
    id,
    from: from.href,
    to: to.href,
    driver,
    attempts: records,
    ...measured,
    verified: outcome.verified,
    ...(size !== undefined && { size }),
    ...(outcome.incomplete !== undefined && { incomplete: outcome.incomplete }),
    ...(warnings.length > 0 && { warnings }),
  };
}
