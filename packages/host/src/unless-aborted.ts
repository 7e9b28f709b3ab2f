import { once } from 'node:events';

/** What somebody else does; `undefined` where it came to nothing, or is waited for no longer. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal = new AbortController().signal): Promise<T | undefined> {
  const over = new AbortController();
  const nothing = (): undefined => undefined;
  const stopped = once(signal, 'abort', { signal: over.signal }).then(nothing, nothing);
  try {
    return signal.aborted ? undefined : await Promise.race([work.catch(nothing), stopped]);
  } finally {
    over.abort();
  }
}
