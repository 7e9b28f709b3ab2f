import { expectExit } from '../expect-copied.ts';
import type { Lab } from '../lab.ts';
import { copyArgs } from './copy-args.ts';
import type { CopyChoice } from './copy-args.ts';
import { corrected, lengthOf } from './copy-length.ts';
import type { CopyLength } from './copy-length.ts';
import { draw, drawOne } from './draw.ts';
import type { Moment } from './kill-at.ts';
import { killOnce } from './kill-once.ts';
import type { Lane, Source } from './lane.ts';
import { lookAtSources } from './look-at-sources.ts';
import type { Kill } from './tally.ts';
import { Told } from './told.ts';

export interface LaneResult {
  readonly kills: readonly Kill[];
  /** What was not as promised, in words. */
  readonly breaches: readonly string[];
  /** The source whose turn it would be. */
  readonly next: Source;
}

/** Of all kills so many are drawn over the planning of a copy, the others over what comes after: there bytes are at stake. */
const planningShare = 0.15;
const verifications = ['size', 'sha256'] as const;

/**
 * Copy the two sources to the one name in turn, and kill each copy at a moment drawn over its whole length; each time see at once
 * whether the promise was kept. A copy that is over before its moment is no kill, but has to keep its promise, too.
 */
export async function runLane(lab: Lab, lane: Lane, seed: string, wanted: number): Promise<LaneResult> {
  const before = await lookAtSources(lane);
  const lengths = await measureLane(lab, lane);
  const kills: Kill[] = [];
  const breaches: string[] = [];
  let round = 0;
  for (; kills.length < wanted && round < wanted * 3; round += 1) {
    const choice = drawChoice(lane, seed, round);
    const length = lengths.get(wayOf(choice))!;
    const moment = drawMoment(length, [seed, lane.name, round]);
    const outcome = await killOnce(lab, lane, choice, moment);
    lengths.set(wayOf(choice), corrected(length, outcome.length));
    if (outcome.killed) kills.push({ lane: lane.name, driver: choice.driver, phase: outcome.phase });
    const where = `${lane.name} ${round}, ${wayOf(choice)}, at ${moment.place.toFixed(3)} of ${moment.part}, in phase ${outcome.phase}`;
    breaches.push(...outcome.breaches.map((what) => `${where}: ${what}`));
  }
  const after = await lookAtSources(lane);
  if (after !== before) breaches.push(`the sources of ${lane.name} were touched: ${before} before, ${after} after`);
  return { kills, breaches, next: sourceOf(lane, round) };
}

/** Each way of copying once, and nobody kills it. The first of them makes the destination. */
async function measureLane(lab: Lab, lane: Lane): Promise<Map<string, CopyLength>> {
  const lengths = new Map<string, CopyLength>();
  for (const driver of lane.drivers)
    for (const verify of verifications) {
      const choice = { source: sourceOf(lane, lengths.size), driver, verify };
      const told = new Told();
      const args = ['copy', ...copyArgs(lane, choice), '--json', '--quiet'];
      expectExit(await lab.imagectl(args, { onStdout: (text) => told.take(text) }), 0);
      lengths.set(wayOf(choice), lengthOf(told)!);
    }
  return lengths;
}

function drawChoice(lane: Lane, seed: string, round: number): CopyChoice {
  const words = [seed, lane.name, round] as const;
  const [driver, verify] = [drawOne(lane.drivers, ...words, 'driver'), drawOne(verifications, ...words, 'verify')];
  return { source: sourceOf(lane, round), driver, verify };
}

function drawMoment(length: CopyLength, words: readonly [string, string, number]): Moment {
  const part = draw(...words, 'part') < planningShare ? 'planning' : 'copying';
  return { part, place: draw(...words, 'place'), length };
}

function sourceOf({ sources }: Lane, round: number): Source {
  return sources[round % 2]!;
}

function wayOf({ driver, verify }: CopyChoice): string {
  return `${driver} ${verify}`;
}
