/** Who is to know whom: for each of `count` members, by number, the numbers of its neighbours in ascending order. */
export type PeerGraph = readonly (readonly number[])[];

/** So often a way round is changed a little for one that has no edge of another. */
const changes = 400;

/**
 * A random graph in which everybody has the same number of neighbours, or nearly so, and everybody is reached from everybody: some ways
 * round through all members, one over another. Up to `degree` + 1 members all know each other.
 *
 * @param degree an even number
 * @param seed the same seed gives the same graph
 */
export function peerGraph(count: number, degree: number, seed: number): PeerGraph {
  const members = Array.from({ length: count }, (_, index) => index);
  if (count <= degree + 1) return members.map((one) => members.filter((other) => other !== one));
  const neighbours = members.map(() => new Set<number>());
  const random = randomNumbers(seed);
  for (let round = 0; round < degree / 2; round += 1) {
    for (const [one, other] of edgesOf(newWay(members, neighbours, random))) {
      neighbours[one]?.add(other);
      neighbours[other]?.add(one);
    }
  }
  return neighbours.map((set) => [...set].toSorted((one, other) => one - other));
}

function newWay(members: readonly number[], neighbours: readonly ReadonlySet<number>[], random: () => number): readonly number[] {
  let way = shuffled(members, random);
  for (let change = 0; change < changes; change += 1) {
    const at = edgesOf(way).findIndex(([one, other]) => neighbours[one]?.has(other));
    if (at < 0) break;
    const changed = swapped(way, at, Math.floor(random() * way.length));
    if (edgesKnown(changed, neighbours) <= edgesKnown(way, neighbours)) way = changed;
  }
  return way;
}

function swapped(way: readonly number[], one: number, other: number): readonly number[] {
  return way.with(one, way[other] ?? 0).with(other, way[one] ?? 0);
}

function edgesKnown(way: readonly number[], neighbours: readonly ReadonlySet<number>[]): number {
  return edgesOf(way).filter(([one, other]) => neighbours[one]?.has(other)).length;
}

function edgesOf(way: readonly number[]): readonly (readonly [number, number])[] {
  return way.map((one, index) => [one, way[(index + 1) % way.length] ?? one]);
}

function shuffled(members: readonly number[], random: () => number): readonly number[] {
  const order = [...members];
  for (let last = order.length - 1; last > 0; last -= 1) {
    const chosen = Math.floor(random() * (last + 1));
    [order[last], order[chosen]] = [order[chosen] ?? 0, order[last] ?? 0];
  }
  return order;
}

/** From 0 to below 1, by the generator known as mulberry32. */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
