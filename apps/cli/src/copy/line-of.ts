import type { TaskEvent } from 'image-api';

/** What one line of `--json` holds: the event's type and, beside it, the API's own fields. */
export type EventLine = { readonly type: TaskEvent['type'] } & Readonly<Record<string, unknown>>;

/** An event as a line: what it carries is unfolded, so that `jq .driver` works on a result and `jq .rate` on progress. */
export function lineOf(event: Exclude<TaskEvent, { type: 'error' }>): EventLine {
  if (event.type === 'plan') return { type: 'plan', ...event.plan };
  if (event.type === 'progress') return { type: 'progress', ...event.progress };
  if (event.type === 'result') return { type: 'result', ...event.result };
  return { ...event };
}
