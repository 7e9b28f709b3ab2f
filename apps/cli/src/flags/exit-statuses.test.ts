import { readFileSync } from 'node:fs';
import { errorCodes } from '@image-api/driver';
import { expect, it } from 'vitest';
import { exitStatuses } from './exit-statuses.ts';

it('names every exit status that an error code has, and no other', () => {
  const used = new Set([0, ...Object.values(errorCodes).map(({ exitStatus }) => exitStatus)]);
  expect(Object.keys(exitStatuses).map(Number)).toEqual([...used].toSorted((a, b) => a - b));
});

it('is what the README says', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  for (const [status, meaning] of Object.entries(exitStatuses)) expect(readme).toContain(`| ${status} | ${meaning} |`);
});
