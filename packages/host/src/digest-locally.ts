import type * as fs from 'node:fs/promises';
import type { Digest, Host } from '@image-api/driver';
import { cancelledReading } from './cancelled-reading.ts';
import { worthwhileExtents } from './data-extents.ts';
import type { Extent } from './data-extents.ts';
import { openHashSink } from './hash-sink.ts';
import type { HashSink } from './hash-sink.ts';
import { withImage } from './with-image.ts';

/** Zeros between two looks whether the digest is still wanted. */
const holeStep = 16 * 1024 * 1024;

/** See `Host.digest`. What is no hole is read; the zeros of a hole come from memory. */
export async function digestLocally(
  path: string,
  ours: NodeJS.ProcessEnv,
  { signal, length = Infinity }: Parameters<Host['digest']>[1] = {},
): Promise<Digest> {
  const goOn = (): void => {
    if (signal?.aborted) throw cancelledReading(path, signal);
  };
  goOn();
  return withImage(path, async (file) => {
    const content = await contentOf(file, length, ours, signal);
    const sink = openHashSink(content.end);
    try {
      await addContent(file, content, stopping(sink, goOn));
      return `sha256:${await sink.digest()}` as const;
    } finally {
      await sink.end();
    }
  });
}

/** Looks before each step whether it is still wanted. */
function stopping(sink: HashSink, goOn: () => void): HashSink {
  const room = async (): Promise<Uint8Array> => {
    goOn();
    return sink.room();
  };
  const addZeros = async (count: number): Promise<void> => {
    for (let left = count; left > 0; left -= holeStep) {
      goOn();
      await sink.addZeros(Math.min(left, holeStep));
    }
  };
  return { ...sink, room, addZeros };
}

interface Content {
  readonly extents: readonly Extent[];
  readonly end: number;
}

async function contentOf(file: fs.FileHandle, length: number, ours: NodeJS.ProcessEnv, signal: AbortSignal | undefined): Promise<Content> {
  const end = Math.min((await file.stat()).size, length);
  const extents = await worthwhileExtents(file, { size: end, ours, signal });
  return extents ? { extents, end } : { extents: [{ from: 0, to: length }], end: length };
}

async function addContent(file: fs.FileHandle, { extents, end }: Content, sink: HashSink): Promise<void> {
  let at = 0;
  for (const { from, to } of extents) {
    await sink.addZeros(from - at);
    at = await addData(file, { from, to }, sink);
    // The file ends here, by now.
    if (at < to) return;
  }
  await sink.addZeros(end - at);
}

/** @returns where it came to */
async function addData(file: fs.FileHandle, { from, to }: Extent, sink: HashSink): Promise<number> {
  let at = from;
  while (at < to) {
    const room = await sink.room();
    const { bytesRead } = await file.read(room, 0, Math.min(room.length, to - at), at);
    if (bytesRead === 0) break;
    sink.add(room.subarray(0, bytesRead));
    at += bytesRead;
  }
  return at;
}
