import { deliver, engineDirectory } from './far-entry.ts';
import type { FarEntry } from './far-entry.ts';
import { fetchScript } from './far-scripts.ts';
import type { HostOrders } from './host-orders.ts';
import type { EnginePlace } from './start-engine.ts';

/**
 * Where the engine that fetches an entry runs.
 *
 * @param address of that host, by which we reached it
 * @param older sha256 of an image there to start from
 */
export function farEnginePlace(
  entry: FarEntry,
  address: string,
  { content, way }: Pick<HostOrders, 'content' | 'way'>,
  older = '',
): EnginePlace {
  const { host, directory, sha256 } = entry;
  const own = engineDirectory(directory, sha256);
  return {
    host,
    script: fetchScript,
    words: [directory, sha256, String(content.manifest.size), older],
    directory: own,
    files: { link: async () => `${own}/data`, move: async () => undefined, unlink: async () => undefined },
    address,
    write: (path, text) => deliver(entry, path, Buffer.from(text)),
    way: (port) => way(host, port),
  };
}
