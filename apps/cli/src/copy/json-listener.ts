import type { TaskEvent } from 'image-api';
import { jsonLine } from '../text/json-line.ts';
import { lineOf } from './line-of.ts';
import type { TaskListener } from './task-listener.ts';

/** At most four lines of progress a second. */
const pauseMs = 250;

/**
 * Tells a program, on stdout: each event as one line, with the API's own fields. Of progress, the newest now and then, and
 * always the last before anything else is told. Errors are left to the one place that reports them all.
 */
export function createJsonListener(write: (line: string) => void, now: () => number): TaskListener {
  let lastAtMs = -Infinity;
  let waiting: TaskEvent | undefined;
  const tell = (event: TaskEvent | undefined): void => {
    if (event !== undefined && event.type !== 'error') write(jsonLine(lineOf(event)));
    waiting = undefined;
  };
  return {
    take: (event) => {
      if (event.type === 'progress' && now() - lastAtMs < pauseMs) {
        waiting = event;
        return;
      }
      if (event.type === 'progress') lastAtMs = now();
      else tell(waiting);
      tell(event);
    },
    end: () => tell(waiting),
  };
}
