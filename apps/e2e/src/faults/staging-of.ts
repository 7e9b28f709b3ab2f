import type { Hit } from '../fault-cell.ts';
import { planOf } from '../plan-of.ts';

/** Where the bytes of this copy will arrive, by its plan. */
export async function stagingOf({ lab, scene: { from, to, args } }: Hit): Promise<string> {
  const { staging } = await planOf(lab, [from.path, to.path, ...args]);
  return new URL(staging).pathname;
}
