import type { Counters, Facts } from '@image-api/driver';
import { headLength } from './cp-args.ts';

/** When the destination is looked at, in milliseconds. */
export const pace: { readonly firstMs: number; readonly lastMs: number } = { firstMs: 10, lastMs: 200 };

/** What is seen of a file while it is written. */
export interface Seen {
  readonly size: number;
  readonly allocated: number;
}

/**
 * How far a copy into a file is. cp writes from the front to the back and jumps over holes, so the length is the position; what is
 * allocated before it was read. A filesystem may allocate ahead, so that is bounded by what there was to read.
 */
export function fileProgress(from: Facts, seen: Seen): Partial<Counters> {
  const bytesLogical = Math.min(seen.size, from.size ?? seen.size);
  const readable = from.kind === 'block' ? bytesLogical : Math.min(seen.allocated, from.allocated ?? bytesLogical);
  return { bytesLogical, bytesRead: Math.min(bytesLogical, readable) };
}

/** The end of a copy into a file: what is not allocated there was a hole, or zeros of a device. */
export function fileCounters(from: Facts, seen: Seen): Counters {
  const size = from.size ?? seen.size;
  const bytesSkipped = Math.max(0, size - seen.allocated);
  const bytesRead = from.kind === 'block' ? size : size - bytesSkipped;
  return { bytesLogical: size, bytesRead, bytesSent: 0, bytesSkipped };
}

/** The end of a clone: the image is there, and no byte of it was read or moved. */
export function cloneCounters(size: number): Counters {
  return { bytesLogical: size, bytesRead: 0, bytesSent: 0, bytesSkipped: size };
}

/** What is known where blocks may have been shared: not how much was read, nor how much did not have to be. */
export function withoutReads({ bytesRead: _read, bytesSkipped: _skipped, ...known }: Partial<Counters>): Partial<Counters> {
  return known;
}

/** How far a copy onto a device is, from what it has written: all of the image, and its beginning twice. */
export function deviceProgress(size: number, written: number): Partial<Counters> {
  const bytes = Math.min(size, Math.max(0, written - Math.min(size, headLength)));
  return { bytesLogical: bytes, bytesRead: bytes };
}

/** The end of a copy onto a device: all of it was written, zeros for holes. */
export function deviceCounters(size: number): Counters {
  return { bytesLogical: size, bytesRead: size, bytesSent: 0, bytesSkipped: 0 };
}

/** Counters that never go down, whatever was seen: `next`, and `before` where that was more. */
export function notBelow(before: Partial<Counters>, next: Partial<Counters>): Partial<Counters> {
  const names = ['bytesLogical', 'bytesRead', 'bytesSent', 'bytesSkipped'] as const;
  const known = names.filter((name) => before[name] !== undefined || next[name] !== undefined);
  return Object.fromEntries(known.map((name) => [name, Math.max(before[name] ?? 0, next[name] ?? 0)]));
}

/** Bytes, since the device appeared. */
export interface DeviceStatistics {
  readonly read: number;
  readonly written: number;
}

/** The kernel's line of statistics of a block device: many fields, two of them sectors of 512 bytes read and written. */
export function parseDeviceStatistics(text: string): DeviceStatistics {
  const fields = text.trim().split(/\s+/).map(Number);
  return { read: (fields[2] ?? 0) * 512, written: (fields[6] ?? 0) * 512 };
}
