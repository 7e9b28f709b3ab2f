import { Bytes, product } from './bytes.ts';
import type { ImageFormat } from './image-format.ts';
import { isVmdkDescriptor, vmdkDescriptorSize } from './vmdk-descriptor.ts';

/** How many of an image's first bytes `detectFormat` looks at: 64 KiB. A shorter image is given whole. */
export const headerLength = 65_536;

/** What an image's header says. */
export interface DetectedFormat {
  readonly format: ImageFormat;
  /** The size a guest sees, in bytes. Absent where the header does not hold it. */
  readonly virtualSize?: number;
}

/**
 * Tell the format of an image by its first bytes; `raw` is what is left when nothing else fits. Never throws: any bytes have an
 * answer. The header's word is not a promise that the image is sound or safe to open.
 *
 * @param head the first `headerLength` bytes, or all there are
 * @param size length of the whole file or device: the size a guest sees of the formats that have no header of their own
 */
export function detectFormat(head: Uint8Array, size?: number): DetectedFormat {
  const bytes = new Bytes(head);
  const found = signatures.find(({ matches }) => matches(bytes));
  const virtualSize = found ? found.virtualSize(bytes, size) : size;
  return { format: found?.format ?? 'raw', ...(virtualSize !== undefined && { virtualSize }) };
}

/** Every format the bytes could be, of which there should be one at most. */
export function matchingFormats(bytes: Bytes): readonly ImageFormat[] {
  const found = new Set(signatures.filter(({ matches }) => matches(bytes)).map(({ format }) => format));
  if (found.has('iso')) found.delete('gpt');
  return [...found];
}

interface Signature {
  readonly format: ImageFormat;
  readonly matches: (bytes: Bytes) => boolean;
  readonly virtualSize: (bytes: Bytes, size: number | undefined) => number | undefined;
}

/** A guest sees these byte for byte. */
const wholeFile: Signature['virtualSize'] = (_, size) => size;
const sector = 512;
const isoDescriptor = 32_768;

/** Tried in order. `iso` stands before `gpt`: an image for USB sticks and discs alike is both, and a disc first. */
const signatures: readonly Signature[] = [
  {
    format: 'qcow2',
    matches: (bytes) => bytes.has('QFI\u00fb', 0) && [2, 3].includes(bytes.uint32(4, 'big') ?? 0),
    virtualSize: (bytes) => bytes.uint64(24, 'big'),
  },
  {
    format: 'vmdk',
    matches: (bytes) => bytes.has('KDMV', 0),
    virtualSize: (bytes) => product(bytes.uint64(12, 'little'), sector),
  },
  {
    format: 'vmdk',
    matches: (bytes) => bytes.has('COWD', 0),
    virtualSize: (bytes) => product(bytes.uint32(12, 'little'), sector),
  },
  { format: 'vmdk', matches: isVmdkDescriptor, virtualSize: vmdkDescriptorSize },
  { format: 'vhdx', matches: (bytes) => bytes.has('vhdxfile', 0), virtualSize: () => undefined },
  // Of a fixed one only the last 512 bytes tell; it is `raw` to whoever sees its first ones.
  { format: 'vhd', matches: (bytes) => bytes.has('conectix', 0), virtualSize: (bytes) => bytes.uint64(48, 'big') },
  {
    format: 'vdi',
    matches: (bytes) => bytes.uint32(64, 'little') === 0xbe_da_10_7f,
    virtualSize: (bytes) => bytes.uint64(368, 'little'),
  },
  { format: 'qed', matches: (bytes) => bytes.has('QED\0', 0), virtualSize: (bytes) => bytes.uint64(48, 'little') },
  {
    format: 'luks',
    matches: (bytes) => bytes.has('LUKS\u00ba\u00be', 0) && [1, 2].includes(bytes.uint16(6, 'big') ?? 0),
    virtualSize: wholeFile,
  },
  { format: 'iso', matches: (bytes) => bytes.has('CD001', isoDescriptor + 1), virtualSize: wholeFile },
  { format: 'gpt', matches: (bytes) => [sector, 4096].some((block) => bytes.has('EFI PART', block)), virtualSize: wholeFile },
];
