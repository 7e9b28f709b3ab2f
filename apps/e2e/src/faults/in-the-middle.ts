import type { Hit, HitOptions } from '../fault-cell.ts';
import type { ImagectlResult, RunningImagectl } from '../imagectl.ts';
import { arrived } from './arrived.ts';
import { slowly } from './slow-copy.ts';

/** Copies slowly, lets something happen once a mebibyte has arrived, and sees the copy to its end. */
export function inTheMiddle(
  happen: (hit: Hit, running: RunningImagectl) => unknown,
  options: HitOptions = {},
): (hit: Hit) => Promise<ImagectlResult> {
  return async (hit) => {
    const running = hit.start({ ...slowly, ...options });
    await arrived(hit, running);
    await happen(hit, running);
    return running.done;
  };
}
