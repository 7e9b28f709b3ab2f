import { exitStatus } from '@image-api/driver';
import type { FoundLeftover, GcReport } from 'image-api';
import type { GcFlags } from '../flags/flags.ts';
import { readGcFlags } from '../flags/read-gc-flags.ts';
import { escapeControls } from '../text/escape-controls.ts';
import { formatSeconds, formatSize } from '../text/format-quantity.ts';
import { jsonLine } from '../text/json-line.ts';
import { table } from '../text/table.ts';
import { unlessAborted, withApi } from '../with-api.ts';
import type { World } from '../world.ts';

/** `imagectl gc`: remove what killed copies left. Ends with the status of the first place that could not be cleared. */
export async function runGc(places: readonly string[], flags: GcFlags, world: World): Promise<number> {
  const choice = readGcFlags(places, flags);
  const report = await withApi(world, flags, (api) => unlessAborted(world.signal, api.gc(choice)));
  world.stdout.write(flags.json ? jsonLine(jsonOf(report)) : gcText(report.found, flags.dryRun === true));
  for (const { place, error } of report.failed) world.stderr.write(`imagectl: ${escapeControls(`${place}: ${error.message}`)}\n`);
  const [first] = report.failed;
  return first ? exitStatus(first.error.code) : 0;
}

function jsonOf({ found, failed }: GcReport): object {
  return { found, failed: failed.map(({ place, error: { code, message } }) => ({ place, code, message })) };
}

/** One line for each file, and what it comes to. */
export function gcText(found: readonly FoundLeftover[], dryRun: boolean): string {
  if (found.length === 0) return 'no interrupted copy has left anything\n';
  const rows = found.map(({ state, allocated, ageMs, href, to }) => [
    state,
    formatSize(allocated),
    `${formatSeconds(ageMs / 1000)} old`,
    to === undefined ? href : `${href} for ${to}`,
  ]);
  return `${table(rows)}${summary(found, dryRun)}\n`;
}

function summary(found: readonly FoundLeftover[], dryRun: boolean): string {
  const of = (state: FoundLeftover['state']): readonly FoundLeftover[] => found.filter((one) => one.state === state);
  const room = formatSize(of('removed').reduce((sum, { allocated }) => sum + allocated, 0));
  const kept = dryRun ? 'would be looked at again without --dry-run' : 'the same copy goes on from it, until it is older: see --older-than';
  return [
    `${of('removed').length} removed, ${room} freed`,
    ...(of('held').length > 0 ? [`${of('held').length} held: a copy is using it`] : []),
    ...(of('kept').length > 0 ? [`${of('kept').length} kept: ${kept}`] : []),
  ].join('\n');
}
