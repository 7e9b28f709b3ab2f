import type { Availability, Capabilities, Need, Offer } from '@image-api/driver';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Lesson } from '../history/lesson.ts';
import { parseUri } from '../uri/parse-uri.ts';
import { explain, noDriver } from './explain.ts';
import type { Candidate } from './plan.ts';
import { select } from './select.ts';
import type { Selection } from './select.ts';

const present: Availability = { available: true, detail: 'here' };
const routes = [{ from: 'file', to: 'file' }];
const from = { ...parseUri('/a'), facts: { kind: 'file' as const, size: 1 } };
const to = { ...parseUri('/b'), facts: { kind: 'absent' as const } };

function offer(seconds: number, bandwidth?: number): Offer {
  return { accept: true, seconds, reason: 'it can', commands: [], ...(bandwidth !== undefined && { limits: { bandwidth } }) };
}

/** A selection among drivers that are all present and make these offers. */
function selection(offers: Readonly<Record<string, Offer>>, more: Partial<Selection> = {}): Selection {
  const ids = Object.keys(offers);
  return {
    wish: { from, to, needs: [], limits: {}, priority: 'normal' },
    drivers: ids.map((id) => ({ id, capabilities: { routes, limits: 'start' } })),
    decision: { names: [], avoid: new Map() },
    availability: new Map(ids.map((id) => [id, present])),
    offers: new Map(Object.entries(offers)),
    lessons: [],
    ...more,
  };
}

const ids = (candidates: readonly Candidate[]): readonly string[] => candidates.map(({ driver }) => driver);

describe('select', () => {
  it('ranks by time, ties by config order', () => {
    const candidates = select(selection({ slow: offer(9), one: offer(1), other: offer(1) }));
    expect(candidates.map((candidate) => [candidate.driver, candidate.accepted && candidate.rank])).toEqual([
      ['one', 1],
      ['other', 2],
      ['slow', 3],
    ]);
  });

  it('ranks by the order of a rule that names drivers', () => {
    const decision = { names: ['rule 1'], use: { ids: ['slow', 'one'], rule: 'rule 1' }, avoid: new Map<string, string>() };
    expect(ids(select(selection({ one: offer(1), slow: offer(9) }, { decision })))).toEqual(['slow', 'one']);
  });

  it('keeps the stage and the reason of each loser, in config order', () => {
    const refusal: Offer = { accept: false, reason: 'rsync is not installed on h' };
    const given = selection({ a: refusal, b: offer(1), c: offer(1), d: offer(1), e: offer(Number.NaN) });
    const availability = new Map<string, Availability>([...given.availability, ['c', { available: false, reason: 'needs cp' }]]);
    availability.delete('d');
    expect(select({ ...given, availability }).filter(({ accepted }) => !accepted)).toEqual([
      { driver: 'a', accepted: false, stage: 'offer', reason: 'rsync is not installed on h' },
      { driver: 'c', accepted: false, stage: 'probe', reason: 'needs cp' },
      { driver: 'd', accepted: false, stage: 'probe', reason: 'was not probed' },
      { driver: 'e', accepted: false, stage: 'offer', reason: 'did not say how long it would take (a mistake of the driver)' },
    ]);
  });

  it('drops an offer that does not say which limit it would keep, or would keep a higher one', () => {
    const given = selection({ silent: offer(1), none: offer(1, 0), high: offer(1, 2_000_000), low: offer(2, 999_424) });
    const candidates = select({ ...given, wish: { ...given.wish, limits: { bandwidth: 1_000_000 } } });
    expect(candidates[0]).toMatchObject({ driver: 'low', rank: 1, limits: { bandwidth: 999_424 } });
    expect(explain(candidates.slice(1))).toBe(
      [
        'silent: did not say which limit it would keep (a mistake of the driver)',
        'none: did not say which limit it would keep (a mistake of the driver)',
        'high: would keep a limit of 2 MB/s, more than the 1 MB/s asked for',
      ].join('\n'),
    );
  });

  it('ranks by what copies on the route took, where both drivers are known, and says so', () => {
    const took = (driver: string, seconds: number): Lesson => ({ driver, bytes: 1e9, guess: 10.05, seconds });
    const lessons = [took('slow', 10.05), took('slow', 10.05), took('quick', 40.05), took('quick', 20.05), took('quick', 30.05)];
    const candidates = select(selection({ quick: offer(20.05), slow: offer(30.05) }, { lessons }));
    expect(candidates).toMatchObject([
      { driver: 'slow', rank: 1, seconds: 30.05, basis: { by: 'own-copies', copies: 2, guess: 30.05 } },
      { driver: 'quick', rank: 2, basis: { by: 'own-copies', copies: 3, guess: 20.05 } },
    ]);
    expect(candidates[1]).toHaveProperty('seconds', expect.closeTo(60.05, 9));
  });

  it('gives a plan that survives JSON', () => {
    const candidates = select(selection({ a: offer(1), b: { accept: false, reason: 'no' } }));
    expect(JSON.parse(JSON.stringify(candidates))).toEqual(candidates);
  });
});

describe('whatever drivers say', () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const needs: readonly Need[] = ['sparse', 'resume', 'limits', 'liveLimits'];
  const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
  const claims = fc.record(
    {
      routes: fc.constantFrom([{ from: 'file', to: 'file' }], [{ from: '*' as const, to: 'file' }], [{ from: 'file', to: 'ssh' }]),
      sparse: fc.boolean(),
      resume: fc.boolean(),
      limits: fc.constantFrom('start' as const, 'live' as const),
    },
    { requiredKeys: ['routes'] },
  ) as fc.Arbitrary<Capabilities>;
  const anyOffer = fc.oneof(
    fc.constant<Offer>({ accept: false, reason: 'no' }),
    fc
      .tuple(fc.oneof(fc.integer({ min: 0, max: 3 }), fc.double()), maybe(fc.oneof(fc.integer({ min: -1, max: 200 }), fc.double())))
      .map(([seconds, bandwidth]) => offer(seconds, bandwidth)),
  );
  const positive = fc.double({ min: 0, minExcluded: true, noNaN: true, noDefaultInfinity: true });
  const anyAvailability = fc.constantFrom<Availability>(present, { available: false, reason: 'absent' });
  const anySelection: fc.Arbitrary<Selection> = fc
    .record({
      claims: fc.array(claims, { maxLength: 5 }),
      needs: fc.subarray([...needs]),
      bandwidth: maybe(fc.integer({ min: 1, max: 150 })),
      driver: maybe(fc.constantFrom(...names)),
      use: maybe(fc.shuffledSubarray(names)),
      avoid: fc.subarray(names),
      availability: fc.dictionary(fc.constantFrom(...names), anyAvailability),
      offers: fc.dictionary(fc.constantFrom(...names), anyOffer),
      lessons: fc.array(fc.record({ driver: fc.constantFrom(...names), bytes: positive, guess: positive, seconds: positive })),
    })
    .map((given) => ({
      wish: {
        from,
        to,
        needs: given.needs,
        limits: given.bandwidth === undefined ? {} : { bandwidth: given.bandwidth },
        priority: 'normal',
        ...(given.driver !== undefined && { driver: given.driver }),
      },
      drivers: given.claims.map((capabilities, index) => ({ id: names[index] ?? '', capabilities })),
      decision: {
        names: [],
        avoid: new Map(given.avoid.map((id) => [id, 'rule 1'])),
        ...(given.use && { use: { ids: given.use, rule: 'rule 2' } }),
      },
      availability: new Map(Object.entries(given.availability)),
      offers: new Map(Object.entries(given.offers)),
      lessons: given.lessons,
    }));
  const always = (check: (given: Selection, candidates: readonly Candidate[]) => void): void => {
    fc.assert(
      fc.property(anySelection, (given) => {
        check(given, select(given));
      }),
      { numRuns: 1000 },
    );
  };

  it('every driver appears exactly once, winners first, with ranks from 1', () => {
    always((given, candidates) => {
      expect(ids(candidates).toSorted()).toEqual(given.drivers.map(({ id }) => id).toSorted());
      const winners = candidates.filter((candidate) => candidate.accepted);
      expect(candidates.slice(0, winners.length)).toEqual(winners);
      expect(winners.map(({ rank }) => rank)).toEqual(winners.map((_, index) => index + 1));
    });
  });

  it('a winner keeps every need and the limit, goes the way, is present and allowed', () => {
    always((given, candidates) => {
      const asked = given.wish.limits.bandwidth;
      const broken = candidates.filter((candidate) => {
        if (!candidate.accepted) return false;
        const { id, capabilities } = given.drivers.find((driver) => driver.id === candidate.driver) ?? given.drivers[0]!;
        const kept = candidate.limits.bandwidth ?? Number.NaN;
        return !(
          (asked === undefined || (capabilities.limits !== undefined && kept > 0 && kept <= asked)) &&
          (!given.wish.needs.includes('sparse') || capabilities.sparse) &&
          (!given.wish.needs.includes('resume') || capabilities.resume) &&
          (!given.wish.needs.includes('limits') || capabilities.limits) &&
          (!given.wish.needs.includes('liveLimits') || capabilities.limits === 'live') &&
          capabilities.routes[0]?.to === 'file' &&
          given.availability.get(id)?.available &&
          given.offers.get(id)?.accept &&
          (given.wish.driver ?? id) === id &&
          !given.decision.avoid.has(id) &&
          (given.decision.use?.ids.includes(id) ?? true) &&
          Number.isFinite(candidate.seconds)
        );
      });
      expect(broken).toEqual([]);
    });
  });

  it('a loser always has a reason', () => {
    always((_, candidates) => {
      expect(candidates.filter((candidate) => !candidate.accepted && candidate.reason === '')).toEqual([]);
    });
  });

  it('the order does not depend on anything but the input', () => {
    always((given, candidates) => {
      const again = select({
        ...given,
        offers: new Map([...given.offers].toReversed()),
        availability: new Map([...given.availability].toReversed()),
      });
      expect(again).toEqual(candidates);
    });
  });
});

describe('noDriver', () => {
  it('says of each driver why it lost', () => {
    const candidates = select(selection({ cp: { accept: false, reason: 'one' }, scp: { accept: false, reason: 'two' } }));
    expect(noDriver({ from, to, candidates })).toMatchObject({
      code: 'NO_DRIVER',
      message: 'no driver can copy file:///a to file:///b as asked:\n  cp: one\n  scp: two',
      details: { candidates },
    });
  });

  it('says so when there is no driver at all', () => {
    expect(noDriver({ from, to, candidates: [] }).message).toBe('no driver can copy file:///a to file:///b as asked: none is configured');
  });
});
