import { describe, expect, it } from 'vitest';
import { conformanceTests } from '../src/conformance-tests.ts';
import { titleOf } from '../src/describe-driver.ts';
import { answeringMutants } from './mutants/answering.ts';
import { copyingMutants } from './mutants/copying.ts';
import { endingMutants } from './mutants/ending.ts';
import { obeyingMutants } from './mutants/obeying.ts';

const titles = conformanceTests.map(titleOf);

describe('every test of the suite', () => {
  /** For one mutant of its kind each, and for what only happens to an ordinary user. */
  const likeOthers =
    /^errors: tells a source that may not be read$|^basics: (?:takes the name|copies a (?:single byte|whole mebibyte)|copies a single)/;
  /** Only for routes on which bytes come late: cached-route.test.ts has the one that it finds. */
  const lateOnly = titles.filter((title) => title.includes('though bytes come in gulps'));

  it('is the one that finds a faulty driver', () => {
    const found = new Set([...answeringMutants, ...copyingMutants, ...endingMutants, ...obeyingMutants].map(({ fails }) => fails));
    expect(titles.filter((title) => !found.has(title) && !likeOthers.test(title) && !lateOnly.includes(title))).toEqual([]);
    expect([...found].filter((title) => !titles.includes(title))).toEqual([]);
  });

  it('has a title of its own', () => {
    expect(new Set(titles).size).toBe(titles.length);
  });
});
