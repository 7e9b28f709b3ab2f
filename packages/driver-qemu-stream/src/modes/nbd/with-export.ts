import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Qmp } from '@image-api/qmp';
import { NbdClient } from './nbd-client.ts';

export interface ExportServer {
  readonly monitor: Qmp;
  /** A private directory for its socket; left as it was found. */
  readonly directory: string;
  readonly signal: AbortSignal;
}

/** Read, or mark, a node of a daemon of ours: it serves the node at a private socket while `work` is under way. */
export async function withExport<T>(
  { monitor, directory, signal }: ExportServer,
  node: string,
  writable: boolean,
  work: (client: NbdClient) => Promise<T>,
): Promise<T> {
  const path = join(directory, 'export');
  await monitor.execute('nbd-server-start', { addr: { type: 'unix', data: { path } }, 'max-connections': 1 });
  try {
    await monitor.execute('block-export-add', { type: 'nbd', id: node, 'node-name': node, name: node, writable });
    const client = await NbdClient.open(path, node, signal);
    try {
      return await work(client);
    } finally {
      client.close();
    }
  } finally {
    // Ends the export, too. A daemon that is gone has no server any more.
    await monitor.execute('nbd-server-stop').catch(() => undefined);
    await rm(path, { force: true });
  }
}
