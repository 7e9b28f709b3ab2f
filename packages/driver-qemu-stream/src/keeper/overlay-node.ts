import { copyOnReadNode, fileNode, formatNode } from '../daemon/block-nodes.ts';
import type { BlockNode } from '../daemon/block-nodes.ts';

/** The names of the graph's nodes. */
export const names = {
  sourceFile: 'source-file',
  source: 'source',
  overlayFile: 'overlay-file',
  overlay: 'overlay',
  /** What is served: who reads through it leaves in the overlay what came from the source. */
  served: 'served',
} as const;

/** The staging file. */
export function overlayFileNode(path: string): BlockNode {
  return fileNode(names.overlayFile, path);
}

/**
 * The overlay in the staging file. That it lies on the source is said only here and never in its header: whatever moment it is killed at,
 * opening it again in the same way goes on, and what is published needs nothing but itself.
 *
 * @param backing absent once everything is there
 */
export function overlayNode(backing?: typeof names.source): BlockNode {
  return formatNode(names.overlay, 'qcow2', names.overlayFile, { ...(backing && { backing }) });
}

/** The node that is served. */
export function servedNode(): BlockNode {
  return copyOnReadNode(names.served, names.overlay);
}
