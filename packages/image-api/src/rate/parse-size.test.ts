import { describe, expect, it } from 'vitest';
import { parseSize } from './parse-size.ts';

describe('parseSize', () => {
  it.each([
    ['1B', 1],
    ['1.5 KiB', 1536],
    ['500GB', 500e9],
    ['4TiB', 4 * 2 ** 40],
    ['1PiB', 2 ** 50],
    ['none', Infinity],
  ])('reads %s', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each(['', '4', '4T', '4Tb', '4TiB/s', '0B', '0.1B', '-1GB', '1e3GB', '99999PiB', 'x'.repeat(1000)])('refuses %j', (text) => {
    expect(() => parseSize(text)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
  });
});
