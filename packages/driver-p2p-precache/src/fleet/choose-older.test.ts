import { expect, it } from 'vitest';
import { chooseOlder } from './choose-older.ts';
import type { OlderImage } from './look-around.ts';

const [one, other, third] = ['a', 'b', 'c'].map((digit) => digit.repeat(64)) as [string, string, string];
const image = (sha256: string, usedAt: number, pieceLength = 262_144): OlderImage => ({ sha256, size: 10, pieceLength, usedAt });
const held = [image(one, 5), image(other, 9), image(third, 20, 1_048_576)];
const wanted = { sha256: 'd'.repeat(64), pieceLength: 262_144 };

it('takes the one that was used last of those that are cut alike', () => {
  expect(chooseOlder(held, 'auto', wanted)).toBe(other);
});

it('takes the one that was named, where it is there and cut alike', () => {
  expect(chooseOlder(held, one, wanted)).toBe(one);
  expect(chooseOlder(held, third, wanted)).toBeUndefined();
});

it('takes none where none is wanted, and never the image itself', () => {
  expect(chooseOlder(held, 'never', wanted)).toBeUndefined();
  expect(chooseOlder([image(wanted.sha256, 1)], 'auto', wanted)).toBeUndefined();
});
