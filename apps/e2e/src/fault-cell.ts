import { randomUUID } from 'node:crypto';
import { it } from 'vitest';
import type { FaultRow, Promised } from './fault-matrix.ts';
import { expectAgain, expectOutcome, expectSourceUntouched } from './fault-outcome.ts';
import { recordCell } from './fault-record.ts';
import type { Scene } from './fault-scene.ts';
import { resultOf } from './result-lines.ts';
import type { Place } from './expect-copied.ts';
import type { ImagectlOptions, ImagectlResult, RunningImagectl } from './imagectl.ts';
import type { Lab } from './lab.ts';

/** One cell of a fault matrix. */
export interface FaultCell<Way extends string = string> {
  /** A row of a matrix, and one of its ways. */
  readonly row: FaultRow<Way>;
  readonly way: NoInfer<Way>;
  /** Tells several tries of one cell apart. */
  readonly variant?: string;
  /** Makes what is there before. */
  scene(lab: Lab): Promise<Scene>;
  /** Starts the copy, makes the fault happen, and answers how the copy ended. */
  inject(hit: Hit): Promise<ImagectlResult>;
  /** Takes the fault away, before the same copy is started again. */
  mend?(hit: Hit): Promise<unknown>;
}

export interface HitOptions extends ImagectlOptions {
  /** More flags, which the same copy started again does not have. */
  readonly args?: readonly string[];
}

/** The copy of a cell, in the hand of what injects the fault. */
export interface Hit {
  readonly lab: Lab;
  readonly scene: Scene;
  /** Start it. Its environment holds a secret, which is looked for in all it says. */
  start(options?: HitOptions): RunningImagectl;
}

/** A test that injects the fault and expects what the matrix promises, and what holds for every fault. */
export function faultCell<Way extends string>(lab: () => Lab, cell: FaultCell<Way>): void {
  const { row, way, variant } = cell;
  if (isLeftOut(row.ways[way])) return;
  it(`${row.fault}: ${way}${variant === undefined ? '' : `, ${variant}`}`, () => expectCell(lab(), cell));
}

/** True for what only `--all` has the time for. */
function isLeftOut({ onlyAll }: Promised): boolean {
  return onlyAll === true && !process.env['CHECK_ALL'];
}

/** The same without a test around it, for faults that are tried at one place after another. Answers how the copy ended. */
export async function expectCell<Way extends string>(lab: Lab, cell: FaultCell<Way>): Promise<ImagectlResult> {
  const { row, way, variant } = cell;
  const { fault, injected } = row;
  const promised = row.ways[way];
  const scene = await cell.scene(lab);
  const secret = randomUUID();
  const start: Hit['start'] = ({ env, args = [], ...options } = {}) =>
    lab.start(['copy', addressOf(scene.from), addressOf(scene.to), '--json', ...scene.args, ...args], {
      ...options,
      env: { ...env, RSYNC_PASSWORD: secret, SSHPASS: secret },
    });
  const hit = { lab, scene, start };
  const result = await cell.inject(hit);
  const outcome = await expectOutcome(result, scene, promised, secret);
  await cell.mend?.(hit);
  await expectSourceUntouched(scene);
  const second = outcome.ends === 'DONE' ? undefined : await start().done;
  const again = second && (await expectAgain(second, scene, promised, secret));
  await recordCell({
    ...{ fault, injected, way, promised },
    ...(variant !== undefined && { variant }),
    happened: {
      ...outcome,
      ...(result.exitCode !== undefined && { exitStatus: result.exitCode }),
      ...(again !== undefined && { again }),
      kept: second && again === 'goes on' ? Math.max(...resultOf(second).attempts.map(({ kept = 0 }) => kept)) : 0,
      seconds: result.seconds,
    },
  });
  return result;
}

function addressOf({ host, path }: Place): string {
  return host.name === 'here' ? path : `${host.name}:${path}`;
}
