import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { autoPage } from './auto-page.ts';
import { copyTimeline } from './copy-timeline.ts';
import type { CopyTimeline, TimedLine } from './copy-timeline.ts';
import { imagectl } from './imagectl.ts';
import { makeImage } from './make-image.ts';
import { prepareNeighbour, visit } from './neighbour.ts';
import type { Write } from './neighbour.ts';
import type { Outcome } from './outcome.ts';
import { meanRate, reactionTo } from './reaction.ts';
import type { Reaction, Visit } from './reaction.ts';
import type { Setting } from './setting.ts';

/** One copy with a neighbour who comes twice. */
export interface AutoRun {
  readonly timeline: CopyTimeline;
  readonly visits: readonly (Visit & { readonly writes: readonly Write[] })[];
  /** One for each visit that counts. */
  readonly reactions: readonly Reaction[];
}

const visits: readonly Visit[] = [
  { from: 8, to: 16 },
  { from: 26, to: 34 },
];
const endsAtSeconds = 44;

/** A copy with `--limit auto` on a disk where a neighbour comes and goes: how fast it gives way, and comes back. */
export async function benchAuto({ folder, rounds, mebibytes }: Setting): Promise<Outcome | undefined> {
  if (!existsSync('/proc/pressure/io')) {
    console.log('auto: left out, the kernel of this machine does not measure pressure');
    return undefined;
  }
  const from = join(folder, 'disk.raw');
  await makeImage(from, mebibytes);
  await prepareNeighbour(folder);
  // So much that the copy is not over before the neighbour was there twice.
  const ceiling = Math.floor(mebibytes / 24);
  const runs: AutoRun[] = [];
  for (let round = 0; round < Math.ceil(rounds / 3); round++) {
    const to = join(folder, 'copy.raw');
    const words = ['copy', from, to, '--limit', `auto:${ceiling}MiB/s`, '--verify', 'none', '--json'];
    runs.push(judge(await oneRun(folder, words), ceiling * 2 ** 20));
    await rm(to, { force: true });
  }
  return { record: { ceiling, runs }, ...autoPage(runs, ceiling) };
}

/** A visit counts only where the copy was near its ceiling before: else somebody else was at the disk already. */
function judge({ timeline, visits: seen }: Omit<AutoRun, 'reactions'>, ceiling: number): AutoRun {
  const counted = seen.filter(({ from }) => meanRate(timeline.rates, from - 3, from) > ceiling * 0.7);
  return { timeline, visits: seen, reactions: counted.map((visited) => reactionTo(visited, timeline.rates)) };
}

async function oneRun(folder: string, words: readonly string[]): Promise<Omit<AutoRun, 'reactions'>> {
  const [program, ...args] = imagectl(...words).command;
  const startedAt = performance.now();
  const seconds = (): number => (performance.now() - startedAt) / 1000;
  const lines: TimedLine[] = [];
  const copying = execa(program, args, { stdin: 'ignore', reject: false });
  const reading = (async () => {
    for await (const line of copying.iterable()) lines.push({ seconds: seconds(), line });
  })();
  const seen: AutoRun['visits'][number][] = [];
  for (const { from, to } of visits) {
    await sleep((from - seconds()) * 1000);
    const began = seconds();
    const writes = await visit(folder, to - from);
    seen.push({ from: began, to: seconds(), writes });
  }
  await Promise.race([copying, sleep((endsAtSeconds - seconds()) * 1000)]);
  copying.kill('SIGINT');
  await copying;
  await reading.catch(() => undefined);
  return { timeline: copyTimeline(lines), visits: seen };
}
