import { expect, it } from 'vitest';
import { jsonLine } from './json-line.ts';

it('gives one line that parses back to the same value', () => {
  const value = { name: 'a\nb\u001b[2J\u009b\u202e\u2028\u007f', list: [1, null, true], text: '映像 💾' };
  const line = jsonLine(value);
  expect(JSON.parse(line)).toEqual(value);
  expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\u2028-\u202e]/u);
  expect(line.at(-1)).toBe('\n');
});

it('writes big integers as text and errors by their message', () => {
  expect(JSON.parse(jsonLine({ inode: 12n, cause: new TypeError('no') }))).toEqual({
    inode: '12',
    cause: { name: 'TypeError', message: 'no' },
  });
});
