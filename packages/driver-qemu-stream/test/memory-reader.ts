import { setTimeout as sleep } from 'node:timers/promises';
import type { Extent, RangeReader } from '@image-api/host';

/** A reader of bytes in memory, over a link of a test's own. */
export interface MemoryReader extends RangeReader {
  /** Pieces that were asked for. */
  readonly asked: { readonly offset: number; readonly length: number }[];
  /** Pieces under way now, and the most there ever were. */
  inFlight: number;
  mostInFlight: number;
  /** Thrown by reads from now on. */
  failure: Error | undefined;
}

export interface MemoryLink {
  readonly extents?: readonly Extent[];
  /** From the question to the first byte. Default 0. */
  readonly delayMs?: number;
  /** Default: as fast as may be. */
  readonly bytesPerSecond?: number;
}

export function memoryReader(content: Uint8Array, { extents, delayMs = 0, bytesPerSecond }: MemoryLink = {}): MemoryReader {
  let freeAt = 0;
  const reader: MemoryReader = {
    name: 'memory',
    size: content.length,
    identity: 'memory',
    bytesRead: 0,
    asked: [],
    inFlight: 0,
    mostInFlight: 0,
    failure: undefined,
    read: async (offset, length, signal) => {
      reader.asked.push({ offset, length });
      reader.inFlight++;
      reader.mostInFlight = Math.max(reader.mostInFlight, reader.inFlight);
      try {
        if (bytesPerSecond !== undefined) freeAt = Math.max(freeAt, performance.now()) + (length / bytesPerSecond) * 1000;
        const waitMs = delayMs + Math.max(0, freeAt - performance.now());
        if (waitMs > 0) await sleep(waitMs, undefined, signal ? { signal } : {});
        if (reader.failure) throw reader.failure;
        return content.subarray(offset, offset + length);
      } finally {
        reader.inFlight--;
      }
    },
    ...(extents && { extents: () => Promise.resolve(extents) }),
    check: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  return reader;
}
