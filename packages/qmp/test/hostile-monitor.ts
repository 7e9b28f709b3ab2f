import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A socket that says what it is told to say, for what no real monitor says. */
export interface HostileMonitor extends AsyncDisposable {
  readonly path: string;
}

export async function startHostileMonitor(onClient: (socket: Socket) => void): Promise<HostileMonitor> {
  const directory = mkdtempSync(join(tmpdir(), 'qmp-'));
  const clients = new Set<Socket>();
  const server = createServer((socket) => {
    clients.add(socket.on('error', () => undefined));
    onClient(socket);
  });
  const path = join(directory, 'monitor');
  await once(server.listen(path), 'listening');
  return {
    path,
    async [Symbol.asyncDispose]() {
      for (const socket of clients) socket.destroy();
      await once(server.close(), 'close');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
