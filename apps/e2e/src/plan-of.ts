import type { Plan } from 'image-api';
import { expectExit } from './expect-copied.ts';
import type { ImagectlOptions } from './imagectl.ts';
import type { Lab } from './lab.ts';

/** The plan of a copy, as `imagectl plan --json` tells it. */
export async function planOf(lab: Lab, args: readonly string[], options?: ImagectlOptions): Promise<Plan> {
  const result = await lab.imagectl(['plan', '--json', ...args], options);
  expectExit(result, 0);
  return JSON.parse(result.stdout) as Plan;
}

/** A plan's words on one driver. */
export function candidateOf(plan: Plan, driver: string): Plan['candidates'][number] {
  const candidate = plan.candidates.find((one) => one.driver === driver);
  if (!candidate) throw new Error(`the plan has no word on ${driver}: ${JSON.stringify(plan.candidates)}`);
  return candidate;
}
