import type { RangeReader } from '@image-api/host';
import { ReadAhead } from './read-ahead.ts';

/**
 * The same reader, reading ahead of whoever reads in order, so that a link with a long way is filled by one who asks for one piece after
 * the other. Whoever reads here and there gets exactly what was asked for, and nothing is read in vain.
 */
export function withReadAhead(reader: RangeReader): RangeReader {
  const ahead = new ReadAhead(reader);
  return {
    name: reader.name,
    size: reader.size,
    identity: reader.identity,
    get bytesRead() {
      return reader.bytesRead;
    },
    read: (offset, length, signal) => ahead.read(offset, length, signal),
    ...(reader.extents && { extents: reader.extents.bind(reader) }),
    check: (signal) => reader.check(signal),
    close: () => {
      ahead.drop();
      return reader.close();
    },
  };
}
