import { describe, expect, it } from 'vitest';
import { parseLimit } from './parse-limit.ts';

describe('parseLimit', () => {
  it.each([
    ['20MiB/s', undefined, { bandwidth: 20 * 2 ** 20 }],
    ['none', undefined, {}],
    ['auto', undefined, { auto: true }],
    [' AUTO:1MB/s ', undefined, { auto: true, bandwidth: 1e6 }],
    ['60MiB/s', 'host', { bandwidth: 60 * 2 ** 20, group: 'host' }],
    ['none', 'host', { group: 'host' }],
  ])('reads %j of group %s', (text, group, limits) => {
    expect(parseLimit(text, group)).toEqual(limits);
  });

  it.each(['', 'auto:', 'auto:fast', 'automatic', '20', 'auto 20MiB/s'])('refuses %j', (text) => {
    expect(() => parseLimit(text)).toThrow(expect.objectContaining({ code: 'BAD_LIMIT' }));
  });

  it.each([
    ['auto', 'host'],
    ['none', ''],
    ['none', '../up'],
    ['none', 'a b'],
    ['none', 'x'.repeat(65)],
  ])('refuses %j of group %j', (text, group) => {
    expect(() => parseLimit(text, group)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
  });
});
