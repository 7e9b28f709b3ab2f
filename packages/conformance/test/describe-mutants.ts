import { describe, expect, it } from 'vitest';
import { conformanceTests } from '../src/conformance-tests.ts';
import { titleOf } from '../src/describe-driver.ts';
import { failuresOf } from './failures-of.ts';
import type { Mutant } from './mutants/mutant.ts';

const tests = new Map(conformanceTests.map((test) => [titleOf(test), test]));
const whyNot = (title: string): string | undefined => tests.get(title)?.missing?.();

/** Of the group of the one that is meant for it; `npm run check -- --all` runs the whole suite on each. */
const groupOf = (title: string): string | undefined => (process.env['CHECK_ALL'] ? undefined : tests.get(title)?.group);

/** Each of them fails the one test that is meant for it, and no other. */
export function describeMutants(what: string, mutants: readonly Mutant[]): void {
  const alone = mutants.filter(({ cleanUp }) => cleanUp);
  const together = mutants.filter(({ cleanUp }) => !cleanUp);

  describe(`${what}: one test, and no other, finds a driver that`, { timeout: 240_000 }, () => {
    it.concurrent.for(together)('$fault', async ({ fails, create }, { expect, skip }) => {
      skip(whyNot(fails) !== undefined, whyNot(fails));
      expect([...(await failuresOf(create, groupOf(fails))).keys()]).toEqual([fails]);
    });

    it.for(alone)('$fault', async ({ fails, create, cleanUp }) => {
      try {
        expect([...(await failuresOf(create, groupOf(fails))).keys()]).toEqual([fails]);
      } finally {
        cleanUp?.();
      }
    });
  });
}
