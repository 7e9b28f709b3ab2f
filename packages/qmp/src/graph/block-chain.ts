import type { BlockNode } from './read-graph.ts';

/** A node that holds data of its own, or a filter between such nodes. */
export interface BlockLayer extends BlockNode {
  readonly filter: boolean;
  /** Where an image lies: the node below it that is not an image. */
  readonly storage?: BlockNode;
}

/** Drivers that pass on what is below them. */
const filters = new Set([
  'throttle',
  'copy-on-read',
  'copy-before-write',
  'preallocate',
  'compress',
  'mirror_top',
  'commit_top',
  'snapshot-access',
  'blkdebug',
  'blklogwrites',
]);

/** The layers a reader of that node goes through, from the top to the last backing image. */
export function blockChain(graph: ReadonlyMap<string, BlockNode>, top: string): readonly BlockLayer[] {
  const layers: BlockLayer[] = [];
  for (let at = graph.get(top); at && !layers.some(({ node }) => node === at?.node);) {
    const filter = filters.has(at.driver);
    const below = graph.get(at.uses['file'] ?? at.uses['image'] ?? '');
    layers.push({ ...at, filter, ...(!filter && below && { storage: below }) });
    at = graph.get(at.uses['backing'] ?? '') ?? (filter ? below : undefined);
  }
  return layers;
}
