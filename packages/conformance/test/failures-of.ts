import { stageFiles } from '../src/index.ts';
import type { ConformanceOptions } from '../src/index.ts';
import type { ConformanceTest } from '../src/conformance-test.ts';
import { testsFor, titleOf } from '../src/describe-driver.ts';
import { Session } from '../src/harness/session.ts';
import { runTest } from '../src/run-test.ts';

/**
 * Run the whole suite, or one group of it, and tell which tests fail, in the company of the others and on their own, each with what it
 * said.
 */
export async function failuresOf(create: ConformanceOptions['create'], group?: string): Promise<Map<string, string>> {
  return failuresWith({ create, stage: stageFiles() }, group);
}

/** The same for a driver that is tried in a way of its own. */
export async function failuresWith(options: ConformanceOptions, group?: string): Promise<Map<string, string>> {
  const asked = testsFor(options).filter((test) => group === undefined || test.group === group);
  const tests = asked.filter(({ missing }) => missing?.() === undefined);
  const failed = await runAll(tests, options);
  const failures = new Map<string, string>();
  // On its own a test fails for the fault, and not because the machine was busy.
  for (const test of failed.keys()) for (const [one, said] of await runAll([test], options)) failures.set(titleOf(one), said);
  return failures;
}

async function runAll(tests: readonly ConformanceTest[], options: ConformanceOptions): Promise<Map<ConformanceTest, string>> {
  const session = new Session(options);
  const failed = new Map<ConformanceTest, string>();
  try {
    for (const test of tests) await runTest(test, session).catch((error: unknown) => failed.set(test, String(error)));
  } finally {
    await session.close();
  }
  return failed;
}
