import type { BlockGraph, NodeInfo } from '../block-objects.ts';
import type { ExecuteOptions, Qmp } from '../qmp.ts';

/** A node of the block graph. */
export interface BlockNode {
  readonly node: string;
  readonly driver: string;
  /** What it was opened from: a path, or words of QEMU's own. */
  readonly filename: string;
  readonly readOnly: boolean;
  /** Virtual size in bytes. */
  readonly size: number;
  /** Names of the nodes it uses, by the part they play, such as `file` or `backing`. */
  readonly uses: Readonly<Record<string, string>>;
}

/** All nodes, by name. */
export async function readGraph(qmp: Qmp, options?: ExecuteOptions): Promise<ReadonlyMap<string, BlockNode>> {
  const nodes = await qmp.execute('query-named-block-nodes', { flat: true }, options);
  // Which node uses which can be asked for in no other way.
  const graph = await qmp.execute('x-debug-query-block-graph', undefined, options);
  return joinGraph(nodes, graph);
}

/** Put together what is known of the nodes, and of the edges between them. */
function joinGraph(nodes: readonly NodeInfo[], { nodes: ids, edges }: BlockGraph): ReadonlyMap<string, BlockNode> {
  const names = new Map(ids.filter(({ type }) => type === 'block-driver').map(({ id, name }) => [id, name]));
  const usesOf = (name: string): Record<string, string> =>
    Object.fromEntries(edges.filter(({ parent }) => names.get(parent) === name).map((edge) => [edge.name, names.get(edge.child) ?? '']));
  return new Map(
    nodes.map((info) => {
      const { 'node-name': node = '', drv: driver, ro: readOnly, image } = info;
      return [node, { node, driver, filename: info.file, readOnly, size: Number(image['virtual-size']), uses: usesOf(node) }];
    }),
  );
}
