import { vhdx, vhdxPlaces } from '../vhdx-images.ts';
import type { Row } from './row.ts';

const [first, second] = vhdxPlaces.headers;
const [regions, copy] = vhdxPlaces.regions;
const { metadata, values } = vhdxPlaces;
const unknownItem = '0b2df3d3ad34484fabf7d3d84834ab0c';
const parentLocator = '2d5fd3a80bb34d45abf7d3d84834ab0c';

function item(image: Buffer, index: number, id: string, [offset, length, flags]: readonly [number, number, number]): void {
  const place = metadata + 32 + index * 32;
  image.write(id, place, 'hex');
  image.writeUInt32LE(offset, place + 16);
  image.writeUInt32LE(length, place + 20);
  image.writeUInt32LE(flags, place + 24);
  image.writeUInt16LE(index + 1, metadata + 10);
}

const headers: readonly Row[] = [
  { what: 'a signature only', rules: ['vhdx-header', 'vhdx-regions'], image: () => vhdx().subarray(0, 65_536) },
  {
    what: 'two damaged headers',
    rules: ['vhdx-header'],
    image: () => vhdx(undefined, (image) => [image.writeUInt8(1, first + 100), image.writeUInt8(1, second + 100)]),
  },
  { what: 'another version', rules: ['vhdx-header'], image: () => vhdx((image) => image.writeUInt16LE(2, second + 66)) },
  { what: 'a log', rules: ['vhdx-log'], image: () => vhdx((image) => image.writeUInt8(1, second + 48)) },
  {
    what: 'a log, and a later header that is damaged',
    rules: ['vhdx-log'],
    image: () =>
      vhdx(
        (image) => image.writeUInt8(1, first + 48),
        (image) => image.writeUInt8(1, second + 100),
      ),
  },
  {
    what: 'a log in one of two headers of the same age',
    rules: ['vhdx-log'],
    image: () => vhdx((image) => [image.writeUInt8(1, first + 48), image.writeBigUInt64LE(2n, first + 8)]),
  },
];

const tables: readonly Row[] = [
  { what: 'no table of parts', rules: ['vhdx-regions'], image: () => vhdx((image) => image.write('none', regions)) },
  {
    what: 'a table of parts with a wrong sum',
    rules: ['vhdx-regions'],
    image: () => vhdx(undefined, (image) => image.writeUInt8(1, regions + 99)),
  },
  {
    what: 'a table of parts unlike its copy',
    rules: ['vhdx-regions'],
    image: () => vhdx(undefined, (image) => image.writeUInt8(1, copy + 99)),
  },
  { what: 'too many parts', rules: ['vhdx-regions'], image: () => vhdx((image) => image.writeUInt32LE(2048, regions + 8)) },
  { what: 'a part missing', rules: ['vhdx-regions'], image: () => vhdx((image) => image.writeUInt32LE(1, regions + 8)) },
  {
    what: 'a part twice',
    rules: ['vhdx-regions'],
    image: () => vhdx((image) => [image.copyWithin(regions + 80, regions + 48, regions + 80), image.writeUInt32LE(3, regions + 8)]),
  },
  {
    what: 'an unknown part that must be understood',
    rules: ['vhdx-regions'],
    image: () =>
      vhdx((image) => {
        image.copyWithin(regions + 80, regions + 48, regions + 80);
        image.writeUInt8(0, regions + 80);
        image.writeUInt32LE(3, regions + 8);
      }),
  },
  {
    what: 'a part within the headers',
    rules: ['vhdx-regions'],
    image: () => vhdx((image) => image.writeBigUInt64LE(0n, regions + 48 + 16)),
  },
  {
    what: 'a part behind the end',
    rules: ['vhdx-regions'],
    image: () => vhdx((image) => image.writeBigUInt64LE(2n ** 60n, regions + 48 + 16)),
  },
];

const items: readonly Row[] = [
  { what: 'no metadata', rules: ['vhdx-metadata'], image: () => vhdx((image) => image.write('nothing!', metadata)) },
  { what: 'too many items', rules: ['vhdx-metadata'], image: () => vhdx((image) => image.writeUInt16LE(2048, metadata + 10)) },
  { what: 'no size', rules: ['vhdx-metadata'], image: () => vhdx((image) => image.writeUInt16LE(1, metadata + 10)) },
  {
    what: 'an item twice',
    rules: ['vhdx-metadata'],
    image: () => vhdx((image) => item(image, 2, '2442a52f1bcd7648b2115dbed83bf4b8', [65_536, 8, 4])),
  },
  {
    what: 'an unknown item that must be understood',
    rules: ['vhdx-metadata'],
    image: () => vhdx((image) => item(image, 2, unknownItem, [65_600, 8, 4])),
  },
  {
    what: 'an item in the table of items',
    rules: ['vhdx-metadata'],
    image: () => vhdx((image) => item(image, 2, unknownItem, [32, 8, 0])),
  },
  {
    what: 'an item behind the end',
    rules: ['vhdx-metadata'],
    image: () => vhdx((image) => item(image, 2, unknownItem, [0xff_ff_ff_ff, 8, 0])),
  },
  {
    what: 'a size far from where programs write it',
    rules: ['vhdx-metadata'],
    image: () => vhdx((image) => image.writeUInt32LE(2 ** 18, metadata + 32 + 32 + 16)),
  },
  { what: 'a parent', rules: ['vhdx-parent'], image: () => vhdx((image) => image.writeUInt32LE(2, values + 4)) },
  { what: 'the place of a parent', rules: ['vhdx-parent'], image: () => vhdx((image) => item(image, 2, parentLocator, [65_600, 20, 4])) },
  { what: 'a disk of 1 PiB', rules: ['virtual-size'], image: () => vhdx((image) => image.writeBigUInt64LE(2n ** 50n, values + 8)) },
];

export const vhdxRows: readonly Row[] = [...headers, ...tables, ...items].map((row) => ({ ...row, what: `vhdx with ${row.what}` }));
