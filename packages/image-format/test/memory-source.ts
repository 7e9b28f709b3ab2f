import type { ByteRange, ImageSource } from '../src/index.ts';

/** What was asked of a source. */
export interface Asked {
  calls: number;
  bytes: number;
}

/** An image in memory that keeps its reader to the promise: nothing from outside of it, three calls, 512 KiB in all. */
export function memorySource(image: Uint8Array, asked: Asked = { calls: 0, bytes: 0 }): ImageSource {
  const read = (range: ByteRange): Uint8Array => {
    const { offset, length } = range;
    const inside =
      Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length > 0 && offset + length <= image.length;
    if (!inside) throw new Error(`asked for ${length} bytes at ${offset} of ${image.length}`);
    asked.bytes += length;
    return image.subarray(offset, offset + length);
  };
  return {
    size: image.length,
    read: async (ranges) => {
      asked.calls += 1;
      const pieces = ranges.map(read);
      if (asked.calls > 3 || asked.bytes > 512 * 1024) throw new Error(`asked for ${asked.bytes} bytes in ${asked.calls} calls`);
      return pieces;
    },
  };
}
