import { expect } from 'vitest';
import { always } from '../conformance-test.ts';
import type { ConformanceTest } from '../conformance-test.ts';
import { dense, mib } from '../content/content.ts';

export const declareTests: readonly ConformanceTest[] = [
  {
    group: 'declare',
    name: 'has a kebab-case id and is written for version 1 of the contract',
    applies: always,
    run: async ({ driver }) => {
      expect(driver.id).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
      expect(driver.specVersion).toBe(1);
    },
  },
  {
    group: 'declare',
    name: 'has a route for the copies it is tried with',
    applies: always,
    run: async (harness) => {
      const { stage } = await harness.stage(dense(1));
      const fits = harness.capabilities.routes.filter(({ from, to }) => [stage.from.scheme, '*'].includes(from) && to === stage.to.scheme);
      expect(fits, `routes from ${stage.from.scheme} to ${stage.to.scheme}`).not.toEqual([]);
      const inPlace = fits.some((route) => route.inPlace);
      expect(inPlace, 'whether the route is in place').toBe(harness.inPlace);
    },
  },
  {
    group: 'declare',
    name: 'makes claims that are plain data, the same of every instance, and the same after use',
    applies: always,
    run: async (harness) => {
      const claims = structuredClone(harness.capabilities);
      await (await harness.stage(dense(mib))).copy();
      expect(harness.capabilities).toEqual(claims);
      const another = harness.createDriver();
      expect(another.capabilities).toEqual(claims);
      await another.dispose?.();
    },
  },
  {
    group: 'declare',
    name: 'has fill() exactly if it claims `cache`',
    applies: always,
    run: async ({ driver, capabilities }) => expect(driver.fill !== undefined).toBe(capabilities.cache === true),
  },
];
