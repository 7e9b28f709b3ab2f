import * as fc from 'fast-check';
import { mendVhd } from './vhd-images.ts';
import { mendVhdx, vhdxPlaces } from './vhdx-images.ts';

/** One thing done to an image. Numbers below 1 are parts of its length. */
type Mutation =
  | { readonly kind: 'overwrite'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'splice'; readonly at: number; readonly other: number; readonly from: number; readonly length: number }
  | { readonly kind: 'line'; readonly number: number; readonly text: string }
  | { readonly kind: 'cut'; readonly at: number }
  | { readonly kind: 'append'; readonly bytes: Uint8Array };

/** Where formats keep their fields. */
const { headers, regions, metadata, values } = vhdxPlaces;
const busyPlaces = [0, 60, 64, 96, 100, 112, 120, 360, 440, 510, 512, 576, 1024, 32_768, ...headers, ...regions, metadata, values];

const place = fc.oneof(
  fc.nat(130),
  fc.tuple(fc.constantFrom(...busyPlaces), fc.nat(160)).map(([start, offset]) => start + offset),
  fc.double({ min: 0.9, max: 1, maxExcluded: true, noNaN: true }),
  fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
);

const numbers = [0, 1, 2, 3, 4, 8, 0x7f, 0x80, 0xff, 511, 512, 513, 0xff_ff, 0x1_00_00, 0x7f_ff_ff_ff, 0x80_00_00_00, 0xff_ff_ff_ff];
const texts = [
  'QFI\u00fb',
  'KDMV',
  'COWD',
  'conectix',
  'cxsparse',
  'vhdxfile',
  'CD001',
  'EFI PART',
  'LUKS\u00ba\u00be',
  'QED\0',
  'json:{',
  '/etc/passwd',
];
/** What a descriptor could have among its lines. Some name the file `other`. */
const lines = [
  'parentFileNameHint="other"\n',
  '# parentFileNameHint="other"\n',
  'parentCID=12345678\n',
  'RW 8 FLAT "other" 0\n',
  'createType="monolithicFlat"\n',
  'any=thing\n',
  '\0',
];

const bytes = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 16 }),
  fc.tuple(fc.constantFrom(...numbers), fc.constantFrom(1, 2, 4, 8), fc.boolean()).map(([value, width, little]) => {
    const written = Buffer.alloc(width);
    for (let index = 0; index < width; index += 1)
      written[little ? index : width - 1 - index] = index < 4 ? (value >>> (8 * index)) & 0xff : 0;
    return written;
  }),
  fc.constantFrom(...texts, '# Disk DescriptorFile\n', 'version=1\n').map((text) => Buffer.from(text, 'latin1')),
);

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('overwrite' as const), at: place, bytes }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('splice' as const), at: place, other: fc.nat(), from: place, length: fc.nat(4096) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('line' as const), number: fc.nat(18), text: fc.constantFrom(...lines) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut' as const), at: place }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('append' as const), bytes }) },
);

export function mutations(maxLength: number): fc.Arbitrary<readonly Mutation[]> {
  return fc.array(mutation, { maxLength });
}

/** Do it to a copy. */
export function mutate(image: Buffer, todo: readonly Mutation[], others: readonly Buffer[]): Buffer {
  let mutated: Buffer = Buffer.from(image);
  for (const mutation of todo) {
    if (mutation.kind === 'overwrite') put(mutated, mutation.at, mutation.bytes);
    if (mutation.kind === 'append') mutated = Buffer.concat([mutated, mutation.bytes]);
    if (mutation.kind === 'cut') mutated = mutated.subarray(0, placeIn(mutated, mutation.at));
    if (mutation.kind === 'line') mutated = insertLine(mutated, mutation.number, mutation.text);
    if (mutation.kind === 'splice') {
      const other = others[mutation.other % others.length]!;
      const from = placeIn(other, mutation.from);
      put(mutated, mutation.at, other.subarray(from, from + mutation.length));
    }
  }
  return mutated;
}

/** Make right what is a sum over the others, so that a reader looks at these at all. */
export function mend(image: Buffer): void {
  if (image.subarray(0, 8).equals(Buffer.from('vhdxfile')) && image.length > vhdxPlaces.values) mendVhdx(image);
  if (image.subarray(0, 8).equals(Buffer.from('conectix')) && image.length >= 2048) mendVhd(image);
}

function put(image: Buffer, at: number, bytes: Uint8Array): void {
  const offset = placeIn(image, at);
  image.set(bytes.subarray(0, Math.max(0, image.length - offset)), offset);
}

/** Behind a line of a vmdk's descriptor, of whose empty end as much is taken. */
function insertLine(image: Buffer, number: number, text: string): Buffer {
  let offset = 511;
  for (let line = 0; line < number; line += 1) offset = Math.max(offset, image.indexOf('\n', offset + 1));
  const end = Math.max(offset + 1, 21 * 512 - text.length);
  return Buffer.concat([
    image.subarray(0, offset + 1),
    Buffer.from(text),
    image.subarray(offset + 1, end),
    image.subarray(end + text.length),
  ]);
}

function placeIn(image: Buffer, at: number): number {
  return Math.min(image.length, at < 1 ? Math.floor(at * image.length) : at);
}
