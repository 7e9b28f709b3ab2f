import { expect, it } from 'vitest';
import { stretchesOf } from './copy-in-place.ts';

const mib = 2 ** 20;

it('wipes the header of a disk first and writes it last', () => {
  expect(stretchesOf(10 * mib)).toEqual([
    { offset: 0, length: mib, what: 'nothing' },
    { offset: mib, length: 9 * mib, what: 'image' },
    { offset: 0, length: mib, what: 'image' },
  ]);
});

it.each([1, 512, mib])('writes a disk of %d bytes whole', (size) => {
  expect(stretchesOf(size).filter(({ what }) => what === 'image')).toEqual([{ offset: 0, length: size, what: 'image' }]);
});

it('has nothing to write of an empty one', () => {
  expect(stretchesOf(0)).toEqual([]);
});
