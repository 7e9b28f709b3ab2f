import { expect, it } from 'vitest';
import { KeptImage } from './kept-image.ts';

const manifest = { sha256: 'a', size: 1, infohash: 'b', pieceLength: 1, zeroPieces: [] };
const keptFor = (lingerMs?: number): KeptImage =>
  new KeptImage({ manifest, torrent: Buffer.alloc(0), path: '/a', options: lingerMs === undefined ? {} : { lingerMs } });
const [minuteMs, weekMs] = [60_000, 7 * 24 * 3_600_000];

it('is never over while somebody who added it is there', () => {
  const image = keptFor(0);
  image.own(image, {});
  expect(image.isOver(performance.now() + 10 * weekMs)).toBe(false);
});

it.each([
  [undefined, 10 * minuteMs],
  [minuteMs, minuteMs],
  [100 * weekMs, weekMs],
] as const)('told to linger for %s ms is over after %i ms', (lingerMs, expected) => {
  const image = keptFor(lingerMs);
  image.own(image, {});
  image.disown(image);
  expect(image.isOver(performance.now() + expected - 1000)).toBe(false);
  expect(image.isOver(performance.now() + expected)).toBe(true);
});

it('is over at once for who does not want it any more, unless others do', () => {
  const image = keptFor(minuteMs);
  const other = {};
  image.own(image, {});
  image.own(other, {});
  image.disown(image, false);
  expect(image.isOver(performance.now())).toBe(false);
  image.disown(other, false);
  expect(image.isOver(performance.now())).toBe(true);
});
