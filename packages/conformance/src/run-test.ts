import type { ConformanceTest } from './conformance-test.ts';
import type { Session } from './harness/session.ts';

/** Run one test with a fresh driver, and take down what it put up. Rejects when the test does. */
export async function runTest(test: ConformanceTest, session: Session): Promise<void> {
  const harness = session.harness(test.name);
  try {
    await test.run(harness);
  } finally {
    await harness.close();
  }
}
