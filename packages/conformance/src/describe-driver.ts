import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestContext } from 'vitest';
import type { ConformanceOptions } from './conformance-options.ts';
import type { ConformanceTest } from './conformance-test.ts';
import { conformanceTests } from './conformance-tests.ts';
import { Session } from './harness/session.ts';
import { runTest } from './run-test.ts';

const timeout = 60_000;
const mostLagMs = 2000;

/**
 * Try a driver with everything that its claims call for. Call it at the top of a vitest file.
 *
 * A claim switches on the tests that prove it; without the claim the tests run that it is not done by accident. A test that this machine
 * cannot do is skipped with the reason.
 */
export function describeDriver(name: string, options: ConformanceOptions): void {
  if (!((options.lagMs ?? 0) <= mostLagMs))
    throw new TypeError(`lagMs is ${options.lagMs}: what is timed proves nothing beyond ${mostLagMs}`);
  const tests = testsFor(options);
  const known = options.knownFailures ?? {};
  describe(`${name}, as every driver`, () => {
    let session: Session;
    beforeAll(() => {
      session = new Session(options);
    });
    afterAll(() => session.close());

    for (const test of tests) {
      const title = titleOf(test);
      const reason = known[title];
      it(reason === undefined ? title : `${title} (known failure: ${reason})`, { timeout, retry: test.timed ? 1 : 0 }, async (context) => {
        skipIfMissing(test, context);
        const run = runTest(test, session);
        await (reason === undefined ? run : expectFailure(run, title));
      });
    }

    it('has known failures of this suite only', () => {
      const titles = new Set(tests.map(titleOf));
      expect(Object.keys(known).filter((title) => !titles.has(title))).toEqual([]);
    });
  });
}

/** The tests that a driver has to pass, by its claims. */
export function testsFor({ create, inPlace, toFormat, groups, lagMs = 0 }: ConformanceOptions): readonly ConformanceTest[] {
  const { capabilities } = create();
  const pace = lagMs > 0 ? 'late' : 'at once';
  const fits = ({ group, needsStaging, needsPlainBytes, onlyIf = pace }: ConformanceTest): boolean =>
    !(inPlace && needsStaging) && !(toFormat && needsPlainBytes) && onlyIf === pace && (groups?.includes(group) ?? true);
  return conformanceTests.filter((test) => test.applies(capabilities) && fits(test));
}

/** How a test is called in reports and in `knownFailures`. */
export function titleOf({ group, name }: ConformanceTest): string {
  return `${group}: ${name}`;
}

function skipIfMissing({ missing }: ConformanceTest, context: TestContext): void {
  const reason = missing?.();
  if (reason !== undefined) context.skip(reason);
}

async function expectFailure(run: Promise<void>, title: string): Promise<void> {
  const failed = await run.then(
    () => false,
    () => true,
  );
  expect(failed, `${JSON.stringify(title)} passes: take it off knownFailures`).toBe(true);
}
