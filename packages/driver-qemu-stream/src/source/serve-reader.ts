import { once, setMaxListeners } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { ImageError } from '@image-api/driver';
import type { RangeReader } from '@image-api/host';
import { haggle } from './haggle.ts';
import { IncomingBytes } from './incoming-bytes.ts';
import { NbdSession } from './nbd-session.ts';
import { ReadAhead } from './read-ahead.ts';

const mostClients = 16;
const haggleMs = 10_000;

/** How to serve. */
export interface ServeReaderOptions {
  /** The socket to make; its directory is private. */
  readonly path: string;
  readonly exportName: string;
  /** Called each time a piece cannot be read; the client only learns of an input/output error. */
  readonly onFailure?: (failure: ImageError) => void;
}

/** A reader that is served. */
export interface ServedReader {
  readonly path: string;
  readonly exportName: string;
  /** Why a piece could not be read the last time that happened. */
  readonly failure: ImageError | undefined;
  /** Hang up on all, and take the socket away. The reader stays open. Calling it twice is harmless. */
  close(): Promise<void>;
}

/** Serve a reader as a disk that may only be read, to NBD clients on a unix socket; QEMU asks for one piece after the other, and is read ahead of. */
export async function serveReader(reader: RangeReader, options: ServeReaderOptions): Promise<ServedReader> {
  const { path, exportName } = options;
  const ahead = new ReadAhead(reader);
  const sockets = new Set<Socket>();
  const closing = new AbortController();
  let failure: ImageError | undefined;
  const onFailure = (now: ImageError): void => {
    failure = now;
    options.onFailure?.(now);
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    void attend(socket, { reader: ahead, exportName, signal: closing.signal, onFailure });
  });
  server.maxConnections = mostClients;
  server.listen(path);
  await once(server, 'listening');
  return {
    path,
    exportName,
    get failure() {
      return failure;
    },
    close: async () => {
      if (closing.signal.aborted) return;
      closing.abort(new ImageError(`${reader.name} is served no longer`, { code: 'CANCELLED', origin: 'core' }));
      ahead.drop();
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
      await rm(path, { force: true });
    },
  };
}

interface Attending {
  readonly reader: ReadAhead;
  readonly exportName: string;
  readonly signal: AbortSignal;
  readonly onFailure: (failure: ImageError) => void;
}

/** Whoever does not keep to the protocol is hung up on, and no more is made of it. */
async function attend(socket: Socket, { reader, exportName, signal, onFailure }: Attending): Promise<void> {
  const left = new AbortController();
  socket.once('close', () => left.abort());
  const tooSlow = setTimeout(() => socket.destroy(), haggleMs);
  const ending = AbortSignal.any([signal, left.signal]);
  // As many as there are requests under way.
  setMaxListeners(0, ending);
  const incoming = new IncomingBytes(socket);
  try {
    const agreed = await haggle(socket, incoming, { exportName, size: reader.size });
    clearTimeout(tooSlow);
    const session = agreed && new NbdSession({ socket, incoming, reader, agreed, signal: ending, onFailure });
    await session?.run();
    // What it says after that nobody will hear, and an end that nobody hears would keep the socket.
    socket.destroySoon();
  } catch {
    socket.destroy();
  } finally {
    clearTimeout(tooSlow);
  }
}
