import { expect, it } from 'vitest';
import { parseContentRange, parseUnsatisfied } from './content-range.ts';

it('takes an answer at its word', () => {
  expect(parseContentRange('bytes 0-99/1000')).toEqual({ first: 0, last: 99, size: 1000 });
  expect(parseContentRange('Bytes 999-999/1000')).toEqual({ first: 999, last: 999, size: 1000 });
  expect(parseUnsatisfied('bytes */0')).toBe(0);
});

it('takes nothing that is not exactly that', () => {
  const odd = [
    'bytes 0-99/*',
    'bytes 5-4/10',
    'bytes 0-10/10',
    'bytes=0-1/10',
    'bytes 0-1/10, bytes 2-3/10',
    'bytes -1-1/10',
    'lines 0-1/9',
  ];
  for (const text of [undefined, '', 'bytes */10', 'bytes 0-1/99999999999999999', 'bytes 0-1/9007199254740993', ...odd])
    expect(parseContentRange(text), text).toBeUndefined();
  for (const text of [undefined, '', 'bytes 0-0/1', 'bytes */*']) expect(parseUnsatisfied(text)).toBeUndefined();
});
