import type { Bytes } from '../bytes.ts';
import { crc32c } from '../crc32c.ts';
import { finding } from '../finding.ts';
import type { Finding } from '../finding.ts';

/**
 * Judge the two headers, of which the later one counts. What it names as its log would be written over the file, headers and all,
 * by whoever opens it.
 */
export function checkVhdxHeaders(headers: readonly Bytes[]): readonly Finding[] {
  const sound = headers.filter((header) => header.has('head', 0) && hasRightChecksum(header));
  const latest = sound.map(sequence).reduce((one, other) => (one > other ? one : other), -1n);
  const current = sound.filter((header) => sequence(header) === latest);
  if (current.length === 0) return [finding('vhdx-header', 'neither of the two headers is sound')];
  return [
    ...(current.every((header) => header.uint16(66, 'little') === 1)
      ? []
      : [finding('vhdx-header', 'the header is of an unknown version')]),
    ...(current.every((header) => header.part(48, 16).isZero()) ? [] : [finding('vhdx-log', 'the image was not closed')]),
  ];
}

function sequence(header: Bytes): bigint {
  return header.uint64(8, 'little') ?? 0n;
}

const checksumOffset = 4;

/** Is the checksum the one of these bytes, its own four counted as zeros? */
export function hasRightChecksum(bytes: Bytes): boolean {
  return bytes.uint32(checksumOffset, 'little') === crc32c(bytes, checksumOffset);
}
