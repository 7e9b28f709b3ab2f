import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ByteReader } from '../src/reading/byte-reader.ts';

/** What is served: so many bytes, read from anywhere. */
export interface Export {
  readonly size: number;
  read(at: number, length: number): Promise<Uint8Array>;
}

export interface NbdServer {
  readonly uri: string;
  close(): Promise<void>;
}

/** A server of one read-only NBD export on a socket of its own. */
export async function serveNbd(served: Export): Promise<NbdServer> {
  const folder = await mkdtemp(join(tmpdir(), 'nbd-'));
  const path = join(folder, 'socket');
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    serve(socket, served).catch(() => socket.destroy());
  }).listen(path);
  await once(server, 'listening');
  return {
    uri: `nbd+unix:///disk?socket=${encodeURIComponent(path)}`,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function serve(socket: Socket, served: Export): Promise<void> {
  const reader = new ByteReader(socket);
  socket.write(Buffer.concat([Buffer.from('NBDMAGICIHAVEOPT'), Buffer.from([0, 3])]));
  await reader.take(4);
  const option = await reader.take(16);
  await reader.take(option.readUInt32BE(12));
  socket.write(Buffer.concat([optionReply(3, exportInformation(served.size)), optionReply(1, Buffer.alloc(0))]));
  for (;;) {
    const request = await reader.take(28);
    if (request.readUInt16BE(6) !== 0) return void socket.end();
    const bytes = await served.read(Number(request.readBigUInt64BE(16)), request.readUInt32BE(24));
    const head = Buffer.alloc(16);
    head.writeUInt32BE(0x67446698);
    request.copy(head, 8, 8, 16);
    socket.write(Buffer.concat([head, bytes]));
  }
}

function exportInformation(size: number): Buffer {
  const information = Buffer.alloc(12);
  information.writeBigUInt64BE(BigInt(size), 2);
  information.writeUInt16BE(3, 10);
  return information;
}

function optionReply(kind: number, data: Buffer): Buffer {
  const head = Buffer.alloc(20);
  head.writeBigUInt64BE(0x0003e889045565a9n);
  head.writeUInt32BE(7, 8);
  head.writeUInt32BE(kind, 12);
  head.writeUInt32BE(data.length, 16);
  return Buffer.concat([head, data]);
}
