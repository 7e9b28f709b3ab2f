import { setImmediate } from 'node:timers/promises';

let last = Promise.resolve();

/**
 * Wait for one's turn to compute for a moment. Between two turns, whoever they are for, everything else that waits for this process
 * gets its share: a hundred who compute at once hold it up no longer than one.
 */
export function nextTurn(): Promise<void> {
  last = last.then(() => setImmediate());
  return last;
}
