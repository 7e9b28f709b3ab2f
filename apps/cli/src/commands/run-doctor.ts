import type { Check } from '../doctor/check.ts';
import { examine } from '../doctor/examine.ts';
import type { CommandFlags } from '../flags/flags.ts';
import { jsonLine } from '../text/json-line.ts';
import { table } from '../text/table.ts';
import type { World } from '../world.ts';

/** `imagectl doctor`: what copies need here, and what is missing. Ends with 1 when nothing could be copied. */
export async function runDoctor(flags: CommandFlags, world: World): Promise<number> {
  const checks = await examine(flags, world);
  const ok = !checks.some(({ status }) => status === 'fail');
  world.stdout.write(flags.json ? jsonLine({ ok, checks }) : doctorText(checks, ok));
  return ok ? 0 : 1;
}

/** The checks as a table, and the verdict. */
export function doctorText(checks: readonly Check[], ok: boolean): string {
  const rows = checks.map(({ name, status, detail, advice }) => [status, name, advice === undefined ? detail : `${detail}; ${advice}`]);
  return `${table(rows)}\n${ok ? 'images can be copied' : 'nothing can be copied before this is mended'}\n`;
}
