import { setTimeout as sleep } from 'node:timers/promises';
import { aborted } from './controls.ts';

/** Who has not let go so long after a cancel has a host that does not answer. */
const letGoMs = 2000;

/** The outcome of work that heeds a signal; of work that has not settled two seconds after that was aborted, what `late` says. */
export async function unlessLate<T>(work: Promise<T>, signal: AbortSignal, late: () => T): Promise<T> {
  const finished = new AbortController();
  const abandoned = aborted(signal, finished.signal)
    .then(() => sleep(letGoMs, undefined, { signal: finished.signal }))
    .then(late);
  abandoned.catch(() => undefined);
  try {
    return await Promise.race([work, abandoned]);
  } finally {
    finished.abort();
  }
}
