import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { bytesAt, kib, mib } from './content.ts';
import type { Content } from './content.ts';

/** In what a file is not exactly this content; `undefined` when it is. */
export async function differenceFrom(content: Content, path: string): Promise<string | undefined> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size !== content.size) return `it has ${size} bytes instead of ${content.size}`;
    const chunk = Buffer.alloc(4 * mib);
    for (let at = 0; at < size; at += chunk.length) {
      const { bytesRead } = await file.read(chunk, 0, chunk.length, at);
      const wanted = wantedAt(content, at, Math.min(chunk.length, size - at));
      const found = chunk.subarray(0, bytesRead);
      if (!found.equals(wanted)) return `it differs from byte ${at + found.findIndex((byte, index) => byte !== wanted[index])} on`;
    }
    return undefined;
  } finally {
    await file.close();
  }
}

const zeros = Buffer.alloc(4 * mib);

function wantedAt(content: Content, at: number, length: number): Buffer {
  const isHole = content.pieces.every((piece) => piece.at >= at + length || piece.at + piece.bytes.length <= at);
  return isHole ? zeros.subarray(0, length) : bytesAt(content, at, length);
}

const block = 64 * kib;
const probeLength = 16;

/**
 * How many bytes of an image without holes have arrived in a file, whatever its length is and whatever is allocated: every 64 KiB the
 * last few bytes are looked at.
 */
export function bytesArrived(content: Content, path: string): number {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return 0;
  }
  try {
    const probe = Buffer.alloc(probeLength);
    let arrived = 0;
    for (let end = block; end <= content.size; end += block) {
      const at = end - probeLength;
      if (readSync(file, probe, 0, probeLength, at) === probeLength && probe.equals(bytesAt(content, at, probeLength))) arrived += block;
    }
    return arrived;
  } finally {
    closeSync(file);
  }
}

/** The tables that an image of another format has before there is anything in it. */
const emptyImage = 320 * kib;

/** How many bytes of an image without holes have arrived where it is converted, by the room they take: its own bytes are in another order. */
export function bytesConverted(path: string): number {
  const found = statSync(path, { throwIfNoEntry: false });
  return Math.max(0, (found?.blocks ?? 0) * 512 - emptyImage);
}
