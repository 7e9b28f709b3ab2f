import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { watchStalls } from './rates.ts';
import type { Flow } from './rates.ts';

export interface Sample {
  readonly seconds: number;
  /** Of these, the ones in which the machine stood still. */
  readonly lostSeconds: number;
  readonly bytes: number;
}

/**
 * Watch the biggest file of a directory, whatever its name, until `over`; a sample is what takes room on disk, so a length set
 * beforehand does not count.
 */
export async function watchGrowth(directory: string, over: Promise<unknown>): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  const startedAt = performance.now();
  const stalls = watchStalls();
  const ended = over.then(
    () => true,
    () => true,
  );
  do {
    const bytes = await arrivedIn(directory);
    samples.push({ seconds: (performance.now() - startedAt) / 1000, lostSeconds: stalls.lostSeconds(), bytes });
  } while (!(await Promise.race([ended, delay(50, false)])));
  stalls.stop();
  return samples;
}

/** What came within the given time after the first byte was seen. */
export function flowAfterFirstByte(samples: readonly Sample[], overSeconds: number): Flow {
  const first = samples.find(({ bytes }) => bytes > 0);
  const last = first && samples.find(({ seconds }) => seconds >= first.seconds + overSeconds);
  if (!first || !last) throw new Error(`bytes did not flow for ${overSeconds} s: ${JSON.stringify(samples.slice(-3))}`);
  return {
    amount: last.bytes - first.bytes,
    seconds: last.seconds - first.seconds,
    lostSeconds: last.lostSeconds - first.lostSeconds,
  };
}

/** Bytes of the biggest file of a directory, whatever its name, that take room on disk. */
export async function arrivedIn(directory: string): Promise<number> {
  const names = await readdir(directory);
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(directory, name)).then(
        ({ blocks }) => blocks * 512,
        () => 0,
      ),
    ),
  );
  return Math.max(0, ...sizes);
}
