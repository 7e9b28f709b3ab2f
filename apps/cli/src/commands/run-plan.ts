import { errorCodes, exitStatus } from '@image-api/driver';
import type { CopyFlags } from '../flags/flags.ts';
import { readCopyFlags } from '../flags/read-copy-flags.ts';
import { planText } from '../plan/plan-text.ts';
import { jsonLine } from '../text/json-line.ts';
import { unlessAborted, withApi } from '../with-api.ts';
import type { World } from '../world.ts';

/** `imagectl plan`: print what the same copy would do. A plan in which nobody can is printed, too, and ends with 3. */
export async function runPlan(
  line: { readonly from: string; readonly to: string; readonly flags: CopyFlags },
  world: World,
): Promise<number> {
  const { from, to, flags } = line;
  const options = readCopyFlags(flags);
  const plan = await withApi(world, flags, (api) => unlessAborted(world.signal, api.plan(from, to, { ...options, signal: world.signal })));
  if (flags.json) world.stdout.write(jsonLine(plan));
  else if (!flags.quiet) world.stdout.write(planText(plan));
  if (plan.driver !== undefined) return 0;
  world.stderr.write(`imagectl: ${errorCodes.NO_DRIVER.meaning}: ${errorCodes.NO_DRIVER.wayOut}\n`);
  return exitStatus('NO_DRIVER');
}
