import { expect, it } from 'vitest';
import { spanLength, Spans } from './spans.ts';

const mib = 2 ** 20;

it('hands out all of it once, front to back, ending at whole mebibytes', () => {
  const spans = new Spans(
    [
      { from: 100, to: 5 * mib },
      { from: 8 * mib, to: 9 * mib + 7 },
    ],
    () => 2 * mib,
  );
  const got = [];
  for (let span = spans.next(); span; span = spans.next()) got.push([span.from, span.to]);
  expect(got).toEqual([
    [100, 2 * mib],
    [2 * mib, 4 * mib],
    [4 * mib, 5 * mib],
    [8 * mib, 9 * mib + 7],
  ]);
});

it('hands out again, first, what was given back', () => {
  const spans = new Spans([{ from: 0, to: 4 * mib }], () => 2 * mib);
  spans.next();
  spans.giveBack({ from: mib, to: 2 * mib });
  spans.giveBack({ from: mib, to: mib });
  expect(spans.next()).toEqual({ from: mib, to: 2 * mib });
  expect(spans.next()).toEqual({ from: 2 * mib, to: 4 * mib });
  expect(spans.next()).toBeUndefined();
});

it('hands out in one piece what nobody knows the length of', () => {
  expect(new Spans([{ from: 0, to: Infinity }], () => Infinity).next()).toEqual({ from: 0, to: Infinity });
});

it('makes spans shorter towards the end, never too short to be worth a request', () => {
  expect(spanLength(10_000 * mib, 4)).toBe(64 * mib);
  expect(spanLength(80 * mib, 4)).toBe(10 * mib);
  expect(spanLength(mib, 4)).toBe(4 * mib);
});
