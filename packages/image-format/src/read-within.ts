import { Bytes } from './bytes.ts';
import type { Edges, ReadPieces } from './format.ts';
import type { ImageSource } from './image-source.ts';

/** Enough for the first headers of all formats, and for the volume descriptor of a disc. */
const headerLength = 65_536;
/** Enough for the footers of all formats that have one. */
const footerLength = 2048;

/** Read the first and the last bytes of an image. */
export async function readEdges(source: ImageSource): Promise<Edges> {
  const { size } = source;
  const { start, end } = await readWithin(source)({
    start: { offset: 0, length: headerLength },
    end: { offset: Math.max(0, size - footerLength), length: footerLength },
  });
  return { start, end, size };
}

/** Reads pieces of an image in one call, and never asks for a byte outside of it. */
export function readWithin(source: ImageSource): ReadPieces {
  return async (ranges) => {
    const names = Object.keys(ranges) as (keyof typeof ranges)[];
    const inside = names.map((name) => {
      const { offset, length } = ranges[name];
      return { name, range: { offset, length: Math.max(0, Math.min(length, source.size - offset)) } };
    });
    const wanted = inside.filter(({ range }) => range.length > 0);
    const pieces = wanted.length > 0 ? await source.read(wanted.map(({ range }) => range)) : [];
    const found = new Map(wanted.map(({ name }, index) => [name, pieces[index]]));
    return Object.fromEntries(names.map((name) => [name, new Bytes(found.get(name) ?? new Uint8Array())])) as Record<
      (typeof names)[number],
      Bytes
    >;
  };
}
