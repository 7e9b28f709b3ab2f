import { expect, it } from 'vitest';
import { KeptText } from './kept-text.ts';

it('keeps the first characters', () => {
  const kept = new KeptText('first', 5);
  for (const piece of ['abc', 'def', 'ghi']) kept.add(Buffer.from(piece));
  expect(kept.text).toBe('abcde');
});

it('keeps the last characters', () => {
  const kept = new KeptText('last', 5);
  for (let i = 0; i < 100; i++) kept.add(Buffer.from(`piece ${i};`));
  expect(kept.text).toBe('e 99;');
});

it('puts a character together that was cut in two', () => {
  const kept = new KeptText('first', 10);
  const bytes = Buffer.from('ü');
  expect([kept.add(bytes.subarray(0, 1)), kept.add(bytes.subarray(1))]).toEqual(['', 'ü']);
});
