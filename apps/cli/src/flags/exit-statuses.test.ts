import { errorCodes } from '@image-api/driver';
import { expect, it } from 'vitest';
import { exitStatuses } from './exit-statuses.ts';

it('names every exit status that an error code has, and no other', () => {
  const used = new Set([0, ...Object.values(errorCodes).map(({ exitStatus }) => exitStatus)]);
  expect(Object.keys(exitStatuses).map(Number)).toEqual([...used].toSorted((a, b) => a - b));
});
