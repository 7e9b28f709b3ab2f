import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A web server of the tests' own, on the loopback interface: it serves the files of this machine, in ranges. */
export interface FileServer {
  readonly port: number;
  close(): Promise<void>;
}

export async function startFileServer(): Promise<FileServer> {
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = decodeURIComponent(new URL(request.url ?? '', 'http://here').pathname);
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  if (!found) return void response.writeHead(404).end();
  const size = Number(found.size);
  const etag = `"${found.ino}-${found.size}-${found.mtimeNs}"`;
  const [, first = 0, last = size - 1] = (/^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? []).map(Number);
  if (first >= size) return void response.writeHead(416, { etag, 'content-range': `bytes */${size}` }).end();
  const end = Math.min(last, size - 1);
  const headers = { etag, 'content-length': end - first + 1 };
  const isPart = request.headers.range !== undefined && [undefined, etag].includes(request.headers['if-range'] as string | undefined);
  if (isPart) response.writeHead(206, { ...headers, 'content-range': `bytes ${first}-${end}/${size}` });
  else response.writeHead(200, { etag, 'content-length': size });
  const file = createReadStream(path, isPart ? { start: first, end } : {});
  response.on('close', () => file.destroy());
  file.pipe(response);
}
