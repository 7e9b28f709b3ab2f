import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A web server of a test's own, on the loopback interface: it serves one content at every path, in ranges. */
export interface RangeServer {
  readonly origin: string;
  readonly port: number;
  /** What is served from now on. */
  content: Buffer;
  etag: string | undefined;
  modified: string | undefined;
  /** Called for each request; answers true when it has seen to the answer itself. */
  handle: (request: http.IncomingMessage, response: http.ServerResponse) => boolean;
  /** What was asked for, in this order. */
  readonly asked: http.IncomingMessage[];
  /** Connections that were made. */
  connections: number;
  cutConnections(): void;
  close(): Promise<void>;
}

export async function startRangeServer(content: Buffer, secure?: Certificate, address = '127.0.0.1'): Promise<RangeServer> {
  const sockets = new Set<Socket>();
  const answer = (request: http.IncomingMessage, response: http.ServerResponse): void => {
    server.asked.push(request);
    if (!server.handle(request, response)) serveRange(server, request, response);
  };
  const listener = secure ? https.createServer({ key: secure.key, cert: secure.cert }, answer) : http.createServer(answer);
  listener.on('connection', (socket: Socket) => {
    sockets.add(socket);
    server.connections++;
    socket.on('close', () => sockets.delete(socket));
  });
  listener.listen(0, address);
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  const cutConnections = (): void => sockets.forEach((socket) => socket.resetAndDestroy());
  const server: RangeServer = {
    origin: `${secure ? 'https' : 'http'}://127.0.0.1:${port}`,
    port,
    content,
    etag: '"one"',
    modified: undefined,
    handle: () => false,
    asked: [],
    connections: 0,
    cutConnections,
    close: async () => {
      cutConnections();
      listener.close();
      await once(listener, 'close');
    },
  };
  return server;
}

/** The answer of a good server. */
export function serveRange(server: RangeServer, request: http.IncomingMessage, response: http.ServerResponse): void {
  const { content, etag, modified } = server;
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
  const from = Number(first ?? 0);
  const to = Math.min(content.length - 1, Number(last ?? content.length - 1));
  const headers = { ...(etag && { etag }), ...(modified && { 'last-modified': modified }), 'accept-ranges': 'bytes' };
  const other = request.headers['if-range'] !== undefined && request.headers['if-range'] !== etag;
  if (first === undefined || other) {
    response.writeHead(200, { ...headers, 'content-length': content.length }).end(content);
  } else if (from >= content.length) {
    response.writeHead(416, { ...headers, 'content-range': `bytes */${content.length}` }).end();
  } else {
    const range = { 'content-range': `bytes ${from}-${to}/${content.length}`, 'content-length': to - from + 1 };
    response.writeHead(206, { ...headers, ...range }).end(content.subarray(from, to + 1));
  }
}

export interface Certificate {
  readonly key: Buffer;
  readonly cert: Buffer;
  /** The file in which it vouches for itself. */
  readonly file: string;
  remove(): void;
}

/** Of whomever, signed by itself. */
export function makeCertificate(whose = 'IP:127.0.0.1'): Certificate {
  const directory = mkdtempSync(join(tmpdir(), 'image-api-certificate-'));
  const [key, file] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=here'];
  const made = spawnSync('openssl', [...words, '-addext', `subjectAltName=${whose}`, '-keyout', key, '-out', file], {
    encoding: 'utf8',
  });
  if (made.status !== 0) throw new Error(`openssl: ${made.stderr}`);
  return { key: readFileSync(key), cert: readFileSync(file), file, remove: () => rmSync(directory, { recursive: true }) };
}
