import type { BlockLayer } from '@image-api/qmp';
import { pathOf } from '../vm/find-disk.ts';

/** What is to be pulled into what. */
export interface PullWay {
  /** The node that takes everything below it into itself. */
  readonly into: string;
  /** The image that stays below it; absent: none. */
  readonly base?: { readonly node: string; readonly path: string };
  /** Paths of the images that are needed no more. */
  readonly pulled: readonly string[];
  /** Bytes of the disk. */
  readonly size: number;
}

export interface PullWish {
  /** The path of the last image that is pulled. */
  readonly from: string;
  /** The path of the image that is to stay below. */
  readonly base?: string | undefined;
  /** The path of the image to pull into. Default: the one that is written to. */
  readonly into?: string | undefined;
}

/**
 * How a chain of images becomes shorter, as it was asked for.
 *
 * @param layers the images of the disk, from the one that is written to down to the last
 * @returns words a user can act on, where the chain is another than was said
 */
export function pullWay(layers: readonly BlockLayer[], { from, base, into }: PullWish): PullWay | { readonly refusal: string } {
  const paths = layers.map(pathOf);
  const at = (path: string): number => paths.indexOf(path);
  const chain = `the disk is made of ${paths.join(' on ')}`;
  const topIndex = into === undefined ? 0 : at(into);
  if (topIndex < 0) return { refusal: `${into} is no part of the disk: ${chain}` };
  if (base !== undefined && at(base) < 0) return { refusal: `${base} is no part of the disk: ${chain}` };
  const baseIndex = base === undefined ? layers.length : at(base);
  const lastIndex = baseIndex - 1;
  const top = layers[topIndex];
  if (!top || lastIndex <= topIndex) return { refusal: nothingBelow(paths[topIndex] ?? '', base, chain) };
  if (paths[lastIndex] !== from) return { refusal: otherEnd(from, paths[lastIndex] ?? '', base, chain) };
  const below = layers[baseIndex];
  return {
    into: top.node,
    ...(below && { base: { node: below.node, path: pathOf(below) } }),
    pulled: paths.slice(topIndex + 1, baseIndex),
    size: top.size,
  };
}

function nothingBelow(top: string, base: string | undefined, chain: string): string {
  const place = base === undefined ? `below ${top}` : `between ${top} and ${base}`;
  return `there is nothing to pull ${place}: ${chain}`;
}

function otherEnd(from: string, last: string, base: string | undefined, chain: string): string {
  const wanted = base === undefined ? `the last image is ${last}, not ${from}` : `the image above ${base} is ${last}, not ${from}`;
  return `${wanted}: name ${last} as what is copied${base === undefined ? ', or the image that is to stay below as the option base' : ''} (${chain})`;
}
