import { readFileSync } from 'node:fs';
import { errorCodes } from '@image-api/driver';
import { describe, expect, it } from 'vitest';
import { errorTests } from '../scripts/error-tests.mjs';
import { root } from './read-workspaces.ts';
import { trackedFiles } from './tracked-files.ts';

describe('the list of tests that provoke errors', () => {
  it('has every error code, and no other', () => {
    expect(Object.keys(errorTests)).toEqual(Object.keys(errorCodes));
  });

  it.each(Object.entries(errorTests))('names for %s a test that expects it: %s', (code, file) => {
    expect(trackedFiles()).toContain(file);
    expect(file).toMatch(/\.test\.ts$/);
    expect(readFileSync(`${root}${file}`, 'utf8')).toContain(`'${code}'`);
  });
});
