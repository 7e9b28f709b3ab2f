import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { chanceFromXfsInfo } from './clone-chance.ts';

describe('chanceFromXfsInfo', () => {
  const said = (name: string): string => readFileSync(new URL(`__fixtures__/${name}.txt`, import.meta.url), 'utf8');

  it('sees whether the filesystem was made to share blocks', () => {
    expect(chanceFromXfsInfo(said('xfs-info-reflink'))).toBe('yes');
    expect(chanceFromXfsInfo(said('xfs-info-no-reflink'))).toBe('no');
  });

  it('does not guess from other words', () => {
    expect(chanceFromXfsInfo('')).toBe('maybe');
  });
});
