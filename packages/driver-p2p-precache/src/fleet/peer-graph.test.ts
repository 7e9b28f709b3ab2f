import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { peerGraph } from './peer-graph.ts';
import type { PeerGraph } from './peer-graph.ts';

const degree = 10;
const counts = fc.integer({ min: 1, max: 300 });
const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 });

describe('peerGraph', () => {
  it('reaches everybody from everybody', () => {
    fc.assert(
      fc.property(counts, seeds, (count, seed) => reached(peerGraph(count, degree, seed)) === count),
      { numRuns: 60 },
    );
  });

  it('has no edge that only one end knows, and none to oneself', () => {
    fc.assert(
      fc.property(counts, seeds, (count, seed) => {
        const graph = peerGraph(count, degree, seed);
        return graph.every((neighbours, one) => neighbours.every((other) => other !== one && graph[other]?.includes(one)));
      }),
      { numRuns: 60 },
    );
  });

  it('gives everybody as many neighbours as it was told, where there are many', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 300 }), seeds, (count, seed) =>
        peerGraph(count, degree, seed).every(({ length }) => length === degree),
      ),
      { numRuns: 30 },
    );
  });

  it('never gives anybody more, and few fewer, where there are few', () => {
    fc.assert(
      fc.property(fc.integer({ min: 12, max: 100 }), seeds, (count, seed) =>
        peerGraph(count, degree, seed).every(({ length }) => length <= degree && length >= degree / 2),
      ),
      { numRuns: 60 },
    );
  });

  it('has all of a few know each other', () => {
    expect(peerGraph(4, degree, 7)).toEqual([
      [1, 2, 3],
      [0, 2, 3],
      [0, 1, 3],
      [0, 1, 2],
    ]);
  });

  it('is the same for the same seed, and another for another', () => {
    expect(peerGraph(40, degree, 1)).toEqual(peerGraph(40, degree, 1));
    expect(peerGraph(40, degree, 1)).not.toEqual(peerGraph(40, degree, 2));
  });
});

function reached(graph: PeerGraph): number {
  const seen = new Set([0]);
  for (const one of seen) for (const other of graph[one] ?? []) seen.add(other);
  return seen.size;
}
