import type { ConformanceTest } from './conformance-test.ts';
import { abortTests } from './groups/abort.ts';
import { basicsTests } from './groups/basics.ts';
import { cacheTests } from './groups/cache.ts';
import { convertTests } from './groups/convert.ts';
import { declareTests } from './groups/declare.ts';
import { deltaTests } from './groups/delta.ts';
import { disposeTests } from './groups/dispose.ts';
import { errorsTests } from './groups/errors.ts';
import { faithfulTests } from './groups/faithful.ts';
import { idleTests } from './groups/idle.ts';
import { limitsTests } from './groups/limits.ts';
import { offerTests } from './groups/offer.ts';
import { onlyToTests } from './groups/only-to.ts';
import { pauseTests } from './groups/pause.ts';
import { probeTests } from './groups/probe.ts';
import { progressTests } from './groups/progress.ts';
import { readyEarlyTests } from './groups/ready-early.ts';
import { resumeTests } from './groups/resume.ts';
import { sparseTests } from './groups/sparse.ts';
import { untouchedTests } from './groups/untouched.ts';

/**
 * Every test there is, in the order they run. Those that judge what was watched in all copies of a run come last, when there was most
 * to see.
 */
export const conformanceTests: readonly ConformanceTest[] = [
  ...declareTests,
  ...probeTests,
  ...offerTests,
  ...basicsTests,
  ...errorsTests,
  ...abortTests,
  ...sparseTests,
  ...resumeTests,
  ...deltaTests,
  ...convertTests,
  ...cacheTests,
  ...idleTests,
  ...faithfulTests,
  ...disposeTests,
  ...readyEarlyTests,
  ...limitsTests,
  ...pauseTests,
  ...progressTests,
  ...untouchedTests,
  ...onlyToTests,
];
