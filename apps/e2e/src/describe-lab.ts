import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from 'vitest';
import { startLab } from './lab.ts';
import type { Lab, LabOptions } from './lab.ts';
import { whatIsMissing } from './requirements.ts';
import { tracesOf } from './traces.ts';
import type { Traces } from './traces.ts';

export interface LabSuiteOptions extends LabOptions {
  /** What the tests need installed beyond what every lab needs. */
  readonly tools?: readonly string[];
  /** Tests run side by side, so what they leave behind is looked for once, at the end. Default false: after each test. */
  readonly sideBySide?: boolean;
  /** Takes long, or much of the machine: only with CHECK_ALL. Default false. */
  readonly heavy?: boolean;
}

/**
 * A suite with a lab of its own, built before its first test and torn down after its last. A test that leaves a process, a
 * connection or a private file behind on any host fails.
 *
 * Where the machine cannot hold a lab the suite is skipped and says why; in CI it fails instead, so that a green run never
 * hides tests that did not happen.
 */
export function describeLab(title: string, options: LabSuiteOptions, tests: (lab: () => Lab) => void): void {
  const missing = whatIsMissing([...(options.tools ?? []), ...(options.rate ? ['tc'] : [])]);
  const skipped = missing !== undefined && !process.env['CI'];
  if (skipped) console.warn(`${title}: skipped, ${missing}`);
  const isLeftOut = skipped || (options.heavy === true && !process.env['CHECK_ALL']);
  describe.skipIf(isLeftOut)(`${title}${skipped ? ` (skipped: ${missing})` : ''}`, () => {
    let running: Lab | undefined;
    let before: Traces = {};
    const lab = (): Lab => {
      if (!running) throw new Error('the lab is up only while tests run');
      return running;
    };
    const remember = async (): Promise<void> => void (before = await tracesOf(lab()));
    const compare = async (): Promise<void> =>
      expect(await tracesOf(lab(), before), 'processes and private files left behind').toEqual(before);

    beforeAll(async () => {
      if (missing) throw new Error(`in CI this suite must run: ${missing}`);
      running = await startLab(options);
    });
    // Hooks of this kind run in reverse order: what is declared first is done last.
    afterAll(() => running?.stop());
    afterAll(async () => {
      if (options.sideBySide && running) await compare();
    });
    if (!options.sideBySide) {
      beforeEach(remember);
      afterEach(compare);
    }
    tests(lab);
    // After the suite's own preparations: what those start is meant to stay.
    beforeAll(async () => {
      if (options.sideBySide) await remember();
    });
  });
}
