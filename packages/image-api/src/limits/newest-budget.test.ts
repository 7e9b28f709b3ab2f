import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { newestBudget } from './newest-budget.ts';

const known = fc.record({ budget: fc.oneof(fc.nat(), fc.constant(Infinity)), budgetVersion: fc.nat({ max: 5 }) });

it('is the same whoever is asked first, and how often', () => {
  fc.assert(
    fc.property(
      fc.array(known).chain((told) => fc.tuple(fc.constant(told), fc.shuffledSubarray([...told, ...told], { minLength: told.length * 2 }))),
      ([told, shuffled]) => {
        expect(newestBudget(shuffled)).toEqual(newestBudget(told));
      },
    ),
  );
});

it('is none where nobody set one', () => {
  expect(newestBudget([])).toEqual({ budget: Infinity, budgetVersion: 0 });
});

it('is the lower one of two that were set at once', () => {
  const told = [7, 5, 9].map((budget) => ({ budget, budgetVersion: 1 }));
  expect(newestBudget(told).budget).toBe(5);
});
