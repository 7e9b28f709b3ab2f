import { describe, expect, it } from 'vitest';
import { dataExtents } from './data-extents.ts';
import type { Stretch } from './nbd-wire.ts';

const gib = 2 ** 30;

/** A disk that tells of itself in answers of at most two stretches. */
function disk(stretches: readonly Stretch[]): Parameters<typeof dataExtents>[0] {
  const size = stretches.reduce((sum, { length }) => sum + length, 0);
  return {
    size,
    blockStatus: (offset, length) => {
      let at = 0;
      const told = stretches.flatMap((stretch) => {
        const [begin, end] = [Math.max(at, offset), Math.min((at += stretch.length), offset + length)];
        return end > begin ? [{ isZero: stretch.isZero, length: end - begin }] : [];
      });
      return Promise.resolve(told.slice(0, 2));
    },
  };
}

describe('dataExtents', () => {
  it('tells what is not zeros, neighbours put together, beyond 32 bits', async () => {
    const found = await dataExtents(
      disk([
        { length: gib, isZero: false },
        { length: gib, isZero: false },
        { length: 5 * gib, isZero: true },
        { length: 512, isZero: false },
      ]),
    );
    expect(found).toEqual([
      { offset: 0, length: 2 * gib },
      { offset: 7 * gib, length: 512 },
    ]);
  });

  it('tells nothing of an empty disk', async () => {
    expect(await dataExtents(disk([{ length: gib, isZero: true }]))).toEqual([]);
  });

  it('does not wait for ever for a server that says nothing', async () => {
    await expect(dataExtents({ size: 512, blockStatus: () => Promise.resolve([]) })).rejects.toThrow('does not say');
  });
});
