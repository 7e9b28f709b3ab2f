import { imageWith } from '../images.ts';
import { descriptor, vmdk, vmdkWithFooter } from '../vmdk-images.ts';
import type { Row } from './row.ts';

/** The usual descriptor with one text in place of another. */
function withText(before: string | RegExp, after: string): () => Buffer {
  return () => vmdk({ text: descriptor.replace(before, after) });
}

const header: readonly Row[] = [
  { what: 'no version', rules: ['vmdk-header'], image: () => vmdk({ change: (image) => image.writeUInt32LE(0, 4) }) },
  { what: 'version 4', rules: ['vmdk-header'], image: () => vmdk({ change: (image) => image.writeUInt32LE(4, 4) }) },
  { what: 'a size left to its text', rules: ['vmdk-header'], image: () => vmdk({ change: (image) => image.fill(0, 12, 20) }) },
  { what: 'newlines that were changed', rules: ['vmdk-header'], image: () => vmdk({ change: (image) => image.write('\r\n \r', 73) }) },
  {
    what: 'a header cut short',
    rules: ['vmdk-header', 'vmdk-create-type', 'vmdk-extent'],
    image: () => vmdk().subarray(0, 511),
  },
  { what: 'a disk of 1 PiB', rules: ['virtual-size'], image: () => vmdk({ change: (image) => image.writeBigUInt64LE(2n ** 41n, 12) }) },
  { what: 'a disk of 1 PiB by its text only', rules: ['virtual-size'], image: withText('131072', '2199023255552') },
  { what: 'no descriptor', rules: ['vmdk-descriptor'], image: () => vmdk({ change: (image) => image.fill(0, 28, 44) }) },
  { what: 'a descriptor elsewhere', rules: ['vmdk-descriptor'], image: () => vmdk({ change: (image) => image.writeUInt32LE(2, 28) }) },
  {
    what: 'a descriptor larger than any',
    rules: ['vmdk-descriptor'],
    image: () => vmdk({ change: (image) => image.writeUInt32LE(128, 36) }),
  },
];

const text: readonly Row[] = [
  { what: 'letters beyond ASCII', rules: ['vmdk-descriptor'], image: withText('# Extent description', '# \u00c4') },
  { what: 'an escape in a comment', rules: ['vmdk-descriptor'], image: withText('# Extent description', '#\u001b[2J') },
  { what: 'a line that is none', rules: ['vmdk-descriptor'], image: withText('#DDB', 'read /etc/shadow') },
  { what: 'no type', rules: ['vmdk-create-type'], image: withText(/createType.*\n/, '') },
  { what: 'its type in a comment', rules: ['vmdk-create-type'], image: withText('createType', '#createType') },
  { what: 'two types', rules: ['vmdk-create-type'], image: withText('CID', 'createType="monolithicSparse"\nCID') },
  ...['monolithicFlat', 'twoGbMaxExtentSparse', 'vmfs', 'seSparse', 'fullDevice', ''].map((type) => ({
    what: `the type "${type}"`,
    rules: ['vmdk-create-type'] as const,
    image: withText('monolithicSparse', type),
  })),
  { what: 'no extent', rules: ['vmdk-extent'], image: withText(/RW .*\n/, '') },
  { what: 'two extents', rules: ['vmdk-extent'], image: withText('RW ', 'RW 2048 SPARSE "disk-2.vmdk"\nRW ') },
  { what: 'a flat extent', rules: ['vmdk-extent'], image: withText('SPARSE "disk.vmdk"', 'FLAT "shadow" 0') },
  { what: 'an extent of zeros', rules: ['vmdk-extent'], image: withText('SPARSE "disk.vmdk"', 'ZERO') },
  { what: 'an extent in another directory', rules: ['vmdk-extent'], image: withText('disk.vmdk', '../shadow') },
  { what: 'an extent by an absolute path', rules: ['vmdk-extent'], image: withText('disk.vmdk', '/etc/shadow') },
  { what: 'an extent by a path of Windows', rules: ['vmdk-extent'], image: withText('disk.vmdk', 'C:\\secret') },
  {
    what: 'a flat extent in small letters',
    rules: ['vmdk-extent'],
    image: withText('RW 131072 SPARSE "disk.vmdk"', 'rw 131072 flat "/etc/shadow" 0'),
  },
  { what: 'a parent', rules: ['vmdk-parent'], image: withText('ffffffff', '3f411665') },
  { what: 'the name of a parent', rules: ['vmdk-parent'], image: withText('CID', 'parentFileNameHint="/etc/shadow"\nCID') },
  { what: 'the name of a parent in a comment', rules: ['vmdk-parent'], image: withText('#DDB', '# parentFileNameHint="/etc/shadow"') },
  {
    what: 'the name of a parent behind the end of its text',
    rules: ['vmdk-parent'],
    image: () => vmdk({ text: `${descriptor}\0\0parentFileNameHint="/etc/shadow"\n` }),
  },
  {
    what: 'the name of a parent behind the sectors of its text, where QEMU still reads',
    rules: ['vmdk-parent'],
    image: () =>
      vmdk({ text: descriptor.padEnd(1024, '\n') + 'parentFileNameHint="/etc/shadow"', change: (image) => image.writeUInt32LE(2, 36) }),
  },
  {
    what: 'an extent behind the end of its text',
    rules: ['vmdk-descriptor'],
    image: () => vmdk({ text: `${descriptor}\0RW 1 FLAT "shadow" 0\n` }),
  },
];

const footer: readonly Row[] = [
  { what: 'a footer that is not there', rules: ['vmdk-footer'], image: () => vmdk({ change: (image) => image.fill(0xff, 56, 64) }) },
  { what: 'a footer and one byte more', rules: ['vmdk-footer'], image: () => Buffer.concat([vmdkWithFooter(), Buffer.alloc(1)]) },
  { what: 'a footer cut short', rules: ['vmdk-footer'], image: () => vmdkWithFooter().subarray(0, -512) },
  ...(
    [
      ['another kind of marker', (image) => image.writeUInt32LE(1, image.length - 1536 + 12)],
      ['something in the room of its marker', (image) => image.writeUInt8(1, image.length - 1536 + 20)],
      ['another size', (image) => image.writeBigUInt64LE(2n ** 41n, image.length - 1024 + 12)],
      ['another place of the descriptor', (image) => image.writeBigUInt64LE(40n, image.length - 1024 + 28)],
      ['another version', (image) => image.writeUInt32LE(3, image.length - 1024 + 4)],
      ['another compression', (image) => image.writeUInt16LE(1, image.length - 1024 + 77)],
      ['another signature', (image) => image.write('COWD', image.length - 1024)],
      ['no end', (image) => image.writeUInt8(1, image.length - 1)],
    ] satisfies [string, (image: Buffer) => unknown][]
  ).map(([what, change]) => ({ what: `a footer with ${what}`, rules: ['vmdk-footer'] as const, image: () => vmdkWithFooter(change) })),
];

const others: readonly Row[] = [
  {
    what: 'a text that names a file as its only extent',
    rules: ['vmdk-descriptor-file'],
    image: () => Buffer.from(descriptor.replace(/RW .*/, 'RW 8 FLAT "/etc/shadow" 0').replace('Sparse', 'Flat')),
  },
  { what: 'a text without a title', rules: ['vmdk-descriptor-file'], image: () => Buffer.from('version=1\ncreateType="vmfs"\n') },
  {
    what: 'a text that describes 1 PiB',
    rules: ['vmdk-descriptor-file', 'virtual-size'],
    image: () => Buffer.from(descriptor.replace('131072', '2199023255552')),
  },
  { what: 'an extent of ESX', rules: ['vmdk-cowd'], image: () => imageWith(4096, [0, 'COWD\u0001\0\0\0\u0003\0\0\0\0\u0001']) },
];

export const vmdkRows: readonly Row[] = [...header, ...text, ...footer, ...others].map((row) => ({
  ...row,
  what: `vmdk with ${row.what}`,
}));
