import { fixedVhd, vhd } from '../vhd-images.ts';
import type { Row } from './row.ts';

const growing: readonly Row[] = [
  { what: 'no footer at its end', rules: ['vhd-copies'], image: () => vhd().subarray(0, -512) },
  { what: 'bytes behind its footer', rules: ['vhd-copies'], image: () => Buffer.concat([vhd(), Buffer.alloc(512)]) },
  {
    what: 'another size at its end',
    rules: ['vhd-copies'],
    image: () => vhd({ afterwards: (image) => image.writeBigUInt64BE(2n ** 50n, image.length - 512 + 48) }),
  },
  {
    what: 'a byte of its unused room changed at its end',
    rules: ['vhd-copies'],
    image: () => vhd({ afterwards: (image) => image.writeUInt8(1, image.length - 1) }),
  },
  {
    what: 'a wrong sum in both footers',
    rules: ['vhd-footer'],
    image: () => vhd({ afterwards: (image) => [image.writeUInt8(1, 500), image.writeUInt8(1, image.length - 12)] }),
  },
  { what: 'another version', rules: ['vhd-footer'], image: () => vhd({ footer: (footer) => footer.writeUInt32BE(0x2_00_00, 12) }) },
  { what: 'an unknown type', rules: ['vhd-footer'], image: () => vhd({ type: 5 }) },
  { what: 'the type of a fixed disk', rules: ['vhd-footer'], image: () => vhd({ type: 2 }) },
  {
    what: 'a footer that a guest wrote to the start of a fixed disk',
    rules: ['vhd-copies'],
    image: () => fixedVhd({ disk: vhd() }),
  },
  { what: 'a header elsewhere', rules: ['vhd-header'], image: () => vhd({ footer: (footer) => footer.writeBigUInt64BE(1024n, 16) }) },
  { what: 'a header beyond all bytes', rules: ['vhd-header'], image: () => vhd({ footer: (footer) => footer.fill(0xff, 16, 24) }) },
  {
    what: 'a wrong sum of its header',
    rules: ['vhd-header'],
    image: () => vhd({ afterwards: (image) => image.writeUInt8(1, 1530) }),
  },
  {
    what: 'blocks of an odd size',
    rules: ['vhd-header'],
    image: () => vhd({ header: (header) => header.writeUInt32BE(2 ** 21 + 512, 32) }),
  },
  { what: 'blocks of no size', rules: ['vhd-header'], image: () => vhd({ header: (header) => header.writeUInt32BE(0, 32) }) },
  { what: 'too few blocks', rules: ['vhd-header'], image: () => vhd({ header: (header) => header.writeUInt32BE(31, 28) }) },
  {
    what: 'a table outside of the file',
    rules: ['vhd-header'],
    image: () => vhd({ header: (header) => header.writeBigUInt64BE(2n ** 40n, 16) }),
  },
  { what: 'a parent', rules: ['vhd-parent'], image: () => vhd({ type: 4 }) },
  { what: 'the identity of a parent', rules: ['vhd-parent'], image: () => vhd({ header: (header) => header.writeUInt8(1, 40) }) },
  { what: 'the name of a parent', rules: ['vhd-parent'], image: () => vhd({ header: (header) => header.write('\0/\0e\0t\0c', 64) }) },
  { what: 'the place of a parent', rules: ['vhd-parent'], image: () => vhd({ header: (header) => header.write('W2ku', 576) }) },
  {
    what: 'a disk of 1 PiB',
    rules: ['vhd-header', 'virtual-size'],
    image: () => vhd({ footer: (footer) => footer.writeBigUInt64BE(2n ** 50n, 48) }),
  },
];

const fixed: readonly Row[] = [
  {
    what: 'a footer that says it grows',
    rules: ['vhd-footer'],
    image: () => fixedVhd({ footer: (footer) => footer.writeUInt32BE(3, 60) }),
  },
  {
    what: 'a footer that says it is larger than the file',
    rules: ['vhd-footer'],
    image: () => fixedVhd({ footer: (footer) => footer.writeBigUInt64BE(65_537n, 48) }),
  },
  {
    what: 'a footer with a wrong sum',
    rules: ['vhd-footer'],
    image: () => {
      const image = fixedVhd();
      image.writeUInt8(1, image.length - 1);
      return image;
    },
  },
  { what: 'a footer that lacks its last byte', rules: ['vhd-footer'], image: () => fixedVhd().subarray(0, -1) },
];

export const vhdRows: readonly Row[] = [
  ...growing.map((row) => ({ ...row, what: `vhd with ${row.what}` })),
  ...fixed.map((row) => ({ ...row, what: `fixed vhd with ${row.what}` })),
];
