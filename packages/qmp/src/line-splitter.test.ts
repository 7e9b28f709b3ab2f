import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LineSplitter } from './line-splitter.ts';

const line = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\n'));

it('gives the lines back, wherever the pieces were cut', () => {
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat(50)), (lines, cuts) => {
      const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(''));
      const splitter = new LineSplitter(10_000);
      const found: string[] = [];
      let at = 0;
      for (const length of [...cuts, bytes.length]) {
        found.push(...splitter.push(bytes.subarray(at, at + length)));
        at += length;
      }
      // What marks the order of bytes at the beginning of a text is no part of it.
      expect(found).toEqual(lines.map((text) => text.replace(/^\uFEFF/, '')));
    }),
  );
});

it('takes a line as long as it may be, and none that is longer', () => {
  const splitter = new LineSplitter(4);
  expect([...splitter.push(Buffer.from('1234\n12'))]).toEqual(['1234']);
  expect([...splitter.push(Buffer.from('34'))]).toEqual([]);
  expect(() => [...splitter.push(Buffer.from('5'))]).toThrow('more than 4 bytes');
});
