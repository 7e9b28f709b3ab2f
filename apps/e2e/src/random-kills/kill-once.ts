import type { Lab } from '../lab.ts';
import { lengthOf } from './copy-length.ts';
import type { CopyLength } from './copy-length.ts';
import { copyArgs } from './copy-args.ts';
import type { CopyChoice } from './copy-args.ts';
import { breachesOf, phaseOf } from './judge-kill.ts';
import type { Phase, Sight } from './judge-kill.ts';
import { killAt } from './kill-at.ts';
import type { Moment } from './kill-at.ts';
import type { Lane } from './lane.ts';
import { lookAround } from './look-around.ts';

/** What one kill showed. */
export interface KillOutcome {
  /** False when there was nothing to kill any more. */
  readonly killed: boolean;
  readonly phase: Phase;
  /** What was not as promised, in words. */
  readonly breaches: readonly string[];
  /** Where the copy was over before the kill. */
  readonly length: CopyLength | undefined;
}

/** Start a copy, kill it, and see at once what is there. */
export async function killOnce(lab: Lab, lane: Lane, choice: CopyChoice, moment: Moment): Promise<KillOutcome> {
  const before = await lookAround(lane.destination);
  const { killed, told, done } = await killAt(lab, copyArgs(lane, choice), moment);
  const now = await lookAround(lane.destination);
  const sight: Sight = { before, now, fresh: choice.source.digest, told, killed, result: await done };
  return { killed, phase: phaseOf(sight), breaches: breachesOf(sight), length: lengthOf(told) };
}
