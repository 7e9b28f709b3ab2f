import type { Bytes } from '../bytes.ts';
import { finding } from '../finding.ts';
import type { Edges, Examination, Format, ReadPieces } from '../format.ts';
import type { ByteRange } from '../image-source.ts';
import { checkQcow2Header } from './check-qcow2-header.ts';
import { backingOf, backingPlace, checkBacking } from './qcow2-backing.ts';
import { checkExtensions, readExtensions } from './qcow2-extensions.ts';
import { parseQcow2Header } from './qcow2-header.ts';

/** QEMU's own format. */
export const qcow2: Format = {
  name: 'qcow2',
  // Whatever the version: one that is not known is still no plain disk.
  matches: ({ start }) => start.has('QFI\u00fb', 0),
  declaredSize: ({ start }) => start.uint64(24, 'big'),
  examine: examineQcow2,
};

async function examineQcow2(
  { start, size }: Edges,
  read: ReadPieces,
  { converting }: { readonly converting: boolean },
): Promise<Examination> {
  const header = parseQcow2Header(start);
  if (!header) return { findings: [finding('qcow2-header', 'the header is cut short')] };
  if (header.version !== 2 && header.version !== 3) {
    return { findings: [finding('qcow2-version', `the image is qcow2 of version ${header.version}`)] };
  }
  const extensions = readExtensions(start, header);
  const backing = backingOf(await readName({ start, read }, backingPlace(header)), header, extensions);
  return {
    findings: [
      ...checkQcow2Header(header, { size, converting }),
      ...checkExtensions(extensions, header),
      ...(header.backingOffset === 0n ? [] : checkBacking(backing)),
    ],
    ...(backing && { backing }),
  };
}

/** Almost always it stands right behind the header, but it may stand anywhere in the first cluster. */
async function readName(
  { start, read }: { readonly start: Bytes; readonly read: ReadPieces },
  place: ByteRange | undefined,
): Promise<Bytes | undefined> {
  if (!place) return undefined;
  if (start.holds(place.offset, place.length)) return start.part(place.offset, place.length);
  return (await read({ place })).place;
}
