import { open } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { NbdClient } from './nbd-client.ts';

/** Somebody who uses an image. */
export interface ImageReader {
  read(at: number, length: number): Promise<Buffer>;
  close(): Promise<void>;
}

/** Attach to the address of a ready image: `nbd://`, `nbd+unix://` or `file://`. */
export async function openReadyImage(uri: string): Promise<ImageReader> {
  const { protocol, hostname, port, pathname, searchParams } = new URL(uri);
  const exportName = decodeURIComponent(pathname.slice(1));
  if (protocol === 'nbd+unix:') return NbdClient.open({ path: searchParams.get('socket') ?? '' }, exportName);
  if (protocol === 'nbd:') return NbdClient.open({ host: hostname, port: Number(port || 10_809) }, exportName);
  if (protocol === 'file:') return openFile(fileURLToPath(uri));
  throw new Error(`the suite cannot attach to ${uri}: it knows nbd, nbd+unix and file`);
}

async function openFile(path: string): Promise<ImageReader> {
  const file = await open(path, 'r');
  return {
    read: async (at, length) => {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at);
      return buffer.subarray(0, bytesRead);
    },
    close: () => file.close(),
  };
}
