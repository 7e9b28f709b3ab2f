import { mkdir } from 'node:fs/promises';
import type { Place } from '../expect-copied.ts';
import { writeSparseImage } from '../image-files.ts';
import type { Lab } from '../lab.ts';

/** Which way the bytes go, and who may move them. */
export interface LaneOptions {
  readonly name: string;
  readonly fromHost: string;
  readonly toHost: string;
  readonly drivers: readonly string[];
}

export interface Source {
  readonly place: Place;
  readonly digest: string;
}

/** Two images of one size, and one name that both are copied to in turn. */
export interface Lane {
  readonly name: string;
  readonly drivers: readonly string[];
  readonly sources: readonly [Source, Source];
  readonly destination: Place;
}

/** In mebibytes. Holes at the beginning, in the middle and at the end of either, never the same. */
const size = 32;
const dataAt = [
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 14, 15, 16, 17, 25, 26, 27],
  [2, 3, 4, 9, 10, 11, 12, 13, 18, 19, 20, 21, 22, 23, 24, 28, 29, 30],
] as const;

export async function makeLane(lab: Lab, { name, drivers, ...hosts }: LaneOptions): Promise<Lane> {
  const [fromHost, toHost] = [lab.host(hosts.fromHost), lab.host(hosts.toHost)];
  const directory = `/srv/${name}`;
  await mkdir(fromHost.outside(`${directory}/in`), { recursive: true });
  await mkdir(toHost.outside(`${directory}/out`), { recursive: true });
  const source = async (image: string, data: readonly number[]): Promise<Source> => {
    const place = { host: fromHost, path: `${directory}/in/${image}.raw` };
    return { place, digest: await writeSparseImage(fromHost.outside(place.path), size, data) };
  };
  const sources = [await source('a', dataAt[0]), await source('b', dataAt[1])] as const;
  return { name, drivers, sources, destination: { host: toHost, path: `${directory}/out/x.raw` } };
}
