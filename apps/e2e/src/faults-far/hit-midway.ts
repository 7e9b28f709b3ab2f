import type { Hit, HitOptions } from '../fault-cell.ts';
import { arrived } from '../faults/arrived.ts';
import type { ImagectlResult, RunningImagectl } from '../imagectl.ts';
import type { Mend } from './network.ts';

const mebibyte = 1024 * 1024;

type Config = NonNullable<HitOptions['config']>;

/** Pauses between tries are cut short. */
const quickRetries: Config = { retry: { attempts: 3, delayMs: 100 } };
export const patientRetries: Config = { retry: { attempts: 4, delayMs: 300 } };
export const oneTry: Config = { retry: { attempts: 1 } };

/** A copy without progress is ended after this long. */
export function impatient(stallMs: number, retries: Config = quickRetries): Config {
  return { ...retries, drivers: ['rsync', 'scp', 'ssh'].map((driver) => [driver, { stallMs }]) };
}

export interface MidwayOptions extends HitOptions {
  /** How much has arrived when the fault happens. Default 4, a quarter of most images. */
  readonly afterMebibytes?: number;
}

/**
 * The size of an image, in MiB, of which neither half of a copy is through while it is looked for: the one that sends is so long before all has
 * arrived, as megabytes are on their way.
 */
export const farFromItsEnd = 32;

/** No longer than a copy takes. */
export const quickly: HitOptions = { config: quickRetries };
/** Long enough for a fault to fall into it. */
const slowly: HitOptions = { ...quickly, args: ['--limit', '4MiB/s'] };

/** Start the copy slowly, do something to it once a part has arrived, and wait for its end. */
export async function hitMidway(
  hit: Hit,
  fault: (running: RunningImagectl) => Promise<unknown>,
  { afterMebibytes = 4, ...options }: MidwayOptions = {},
): Promise<ImagectlResult> {
  const running = hit.start({ ...slowly, deadlineMs: 100_000, ...options });
  await arrived(hit, running, afterMebibytes * mebibyte);
  await fault(running);
  return running.done;
}

/** The same with a fault that lasts until the copy has ended. */
export async function hitToTheEnd(hit: Hit, fault: () => Promise<Mend>, options?: MidwayOptions): Promise<ImagectlResult> {
  let mend: Mend | undefined;
  try {
    return await hitMidway(hit, async () => (mend = await fault()), options);
  } finally {
    await mend?.();
  }
}
