import { setTimeout as sleep } from 'node:timers/promises';
import { ImageError } from '@image-api/driver';

/**
 * Wait for what carries the bytes to say that it goes by what it was told.
 *
 * @throws ImageError `STALLED` where it takes longer
 */
export async function inTime(answers: Promise<unknown>, answerMs: number): Promise<void> {
  const patience = new AbortController();
  const late = sleep(answerMs, 'late', { ref: false, signal: patience.signal }).catch(() => undefined);
  const first = await Promise.race([answers, late]);
  patience.abort();
  if (first !== 'late') return;
  throw new ImageError(
    `the program that carries the bytes has not answered for ${answerMs / 1000} s; continue it if it was stopped, or cancel`,
    {
      code: 'STALLED',
      origin: 'driver',
      retryable: true,
    },
  );
}
