import { qcow2, writeBacking, writeExtensions } from '../qcow2-images.ts';
import type { Row } from './row.ts';

const dataFile = 0x44_41_54_41;
const backingFormat = 0xe2_79_2a_ca;

function withBacking(name: string, format?: string): () => Buffer {
  return () => qcow2({ change: (image) => writeBacking(image, name, format) });
}

function withFeatures(bits: bigint): () => Buffer {
  return () => qcow2({ change: (image) => image.writeBigUInt64BE(bits, 72) });
}

function with32(value: number, offset: number): () => Buffer {
  return () => qcow2({ change: (image) => image.writeUInt32BE(value, offset) });
}

function with64(value: bigint, offset: number): () => Buffer {
  return () => qcow2({ change: (image) => image.writeBigUInt64BE(value, offset) });
}

const header: readonly Row[] = [
  { what: 'version 1', rules: ['qcow2-version'], image: () => qcow2({ version: 1 }) },
  { what: 'version 4', rules: ['qcow2-version'], image: () => qcow2({ version: 4 }) },
  { what: 'nothing but a signature', rules: ['qcow2-header'], image: () => qcow2().subarray(0, 4) },
  { what: 'a header cut short', rules: ['qcow2-header'], image: () => qcow2().subarray(0, 103) },
  { what: 'a header shorter than its version has', rules: ['qcow2-header'], image: with32(96, 100) },
  { what: 'a header of an odd length', rules: ['qcow2-header'], image: with32(113, 100) },
  { what: 'a header longer than a cluster', rules: ['qcow2-cluster-size'], image: with32(65_544, 100) },
  { what: 'tiny clusters', rules: ['qcow2-cluster-size', 'qcow2-refcounts', 'qcow2-tables'], image: with32(8, 20) },
  { what: 'huge clusters', rules: ['qcow2-cluster-size', 'qcow2-refcounts', 'qcow2-tables'], image: with32(22, 20) },
  {
    what: 'clusters too small for entries of the longer kind',
    rules: ['qcow2-cluster-size', 'qcow2-tables'],
    image: () => qcow2({ change: (image) => [image.writeBigUInt64BE(16n, 72), image.writeUInt32BE(13, 20)] }),
  },
  { what: 'reference counts of 128 bits', rules: ['qcow2-refcounts'], image: with32(7, 96) },
  { what: 'no table of reference counts', rules: ['qcow2-refcounts'], image: with64(0n, 48) },
  { what: 'a table of reference counts outside of the file', rules: ['qcow2-refcounts'], image: with64(0x40_00_00n, 48) },
  { what: 'a table of reference counts between clusters', rules: ['qcow2-refcounts'], image: with64(0x1_00_01n, 48) },
  { what: 'a table of reference counts larger than the file', rules: ['qcow2-refcounts'], image: with32(4, 56) },
  { what: 'a mapping table too small for the disk', rules: ['qcow2-tables'], image: with32(0, 36) },
  { what: 'a mapping table larger than any', rules: ['qcow2-tables'], image: with32(0xff_ff_ff_ff, 36) },
  { what: 'a mapping table outside of the file', rules: ['qcow2-tables'], image: with64(0x40_00_00n, 40) },
  { what: 'a mapping table between clusters', rules: ['qcow2-tables'], image: with64(0x3_00_08n, 40) },
  { what: 'an unknown compression', rules: ['qcow2-compression'], image: () => withCompression(8n, 2) },
  { what: 'a compression that is not among its features', rules: ['qcow2-compression'], image: () => withCompression(0n, 1) },
  { what: 'a compression among its features that it has not', rules: ['qcow2-compression'], image: () => withCompression(8n, 0) },
  { what: 'encryption of the old kind', rules: ['qcow2-encryption'], image: with32(1, 32) },
  { what: 'an unknown encryption', rules: ['qcow2-encryption'], image: with32(3, 32) },
  { what: 'encryption by luks', rules: ['qcow2-luks'], image: with32(2, 32) },
  { what: 'internal snapshots', rules: ['qcow2-snapshots'], image: with32(2, 60) },
  { what: 'a disk over the limit', rules: ['virtual-size'], image: withSize(2n ** 41n + 512n) },
  { what: 'a disk of 1 PiB in a small file', rules: ['virtual-size'], image: withSize(2n ** 50n) },
  { what: 'a disk too large to be counted', rules: ['qcow2-tables', 'virtual-size'], image: with64(2n ** 64n - 1n, 24) },
];

function withCompression(bits: bigint, method: number): Buffer {
  return qcow2({ change: (image) => [image.writeBigUInt64BE(bits, 72), image.writeUInt8(method, 104)] });
}

/** With a mapping table that is large enough for it. */
function withSize(size: bigint): () => Buffer {
  return () => {
    const entries = Number((size + 2n ** 29n - 1n) / 2n ** 29n);
    const image = qcow2({ change: (image) => [image.writeBigUInt64BE(size, 24), image.writeUInt32BE(entries, 36)] });
    return Buffer.concat([image, Buffer.alloc(entries * 8)]);
  };
}

const features: readonly Row[] = [
  { what: 'marked as in use', rules: ['qcow2-dirty'], image: withFeatures(1n) },
  { what: 'marked as corrupt', rules: ['qcow2-corrupt'], image: withFeatures(2n) },
  { what: 'marked as both', rules: ['qcow2-corrupt', 'qcow2-dirty'], image: withFeatures(3n) },
  { what: 'its data in another file', rules: ['qcow2-data-file'], image: withFeatures(4n) },
  { what: 'a feature of the day after tomorrow', rules: ['qcow2-unknown-feature'], image: withFeatures(32n) },
  { what: 'the last feature there can be', rules: ['qcow2-unknown-feature'], image: withFeatures(2n ** 63n) },
];

const extensions: readonly Row[] = [
  {
    what: 'the name of a data file, with the feature',
    rules: ['qcow2-data-file'],
    image: () => qcow2({ change: (image) => [image.writeBigUInt64BE(4n, 72), writeExtensions(image, 112, [dataFile, '/etc/shadow'])] }),
  },
  {
    what: 'the name of a data file, without the feature',
    rules: ['qcow2-data-file'],
    image: () => qcow2({ change: (image) => writeExtensions(image, 112, [dataFile, '/etc/shadow']) }),
  },
  {
    what: 'the name of a data file in version 2, behind another extension',
    rules: ['qcow2-data-file'],
    image: () => qcow2({ version: 2, change: (image) => writeExtensions(image, 72, [1, 'five!'], [dataFile, '/etc/shadow']) }),
  },
  {
    what: 'an extension twice',
    rules: ['qcow2-extension'],
    image: () => qcow2({ change: (image) => writeExtensions(image, 112, [backingFormat, 'raw'], [backingFormat, 'qcow2']) }),
  },
  {
    what: 'an extension longer than the first cluster',
    rules: ['qcow2-extension'],
    image: () => qcow2({ change: (image) => [image.writeUInt32BE(1, 112), image.writeUInt32BE(65_536, 116)] }),
  },
  {
    what: 'an extension of four gigabytes',
    rules: ['qcow2-extension'],
    image: () => qcow2({ change: (image) => [image.writeUInt32BE(1, 112), image.writeUInt32BE(0xff_ff_ff_ff, 116)] }),
  },
  {
    what: 'an extension that runs into the name of the backing file',
    rules: ['qcow2-backing-file', 'qcow2-backing-format', 'qcow2-extension'],
    image: () => qcow2({ change: (image) => [writeBacking(image, 'base'), image.writeUInt32BE(1, 112), image.writeUInt32BE(1, 116)] }),
  },
];

const backing: readonly Row[] = [
  { what: 'a backing file', rules: ['qcow2-backing-file'], image: withBacking('base.qcow2', 'qcow2') },
  { what: 'a backing file by an absolute path', rules: ['qcow2-backing-file'], image: withBacking('/etc/shadow', 'raw') },
  {
    what: 'a backing file in version 2',
    rules: ['qcow2-backing-file'],
    image: () =>
      qcow2({
        version: 2,
        change: (image) => {
          writeExtensions(image, 72, [backingFormat, 'raw']);
          image.writeBigUInt64BE(96n, 8);
          image.writeUInt32BE(image.write('/etc/shadow', 96), 16);
        },
      }),
  },
  {
    what: 'a backing file whose name lies far behind the header, in a large cluster',
    rules: ['qcow2-backing-file'],
    image: () => farName('/etc/shadow'),
  },
  { what: 'a backing file of no format', rules: ['qcow2-backing-file', 'qcow2-backing-format'], image: withBacking('base.img') },
  {
    what: 'a backing file of a strange format',
    rules: ['qcow2-backing-file', 'qcow2-backing-format'],
    image: withBacking('base', 'vvfat'),
  },
  { what: 'a backing file of the format ""', rules: ['qcow2-backing-file', 'qcow2-backing-format'], image: withBacking('base', '') },
  ...['json:{"driver":"https"}', 'nbd:10.0.0.1:10809', 'http://host/x', 'fat:/etc', 'file:/etc/shadow', 'fd:3', ':'].map((name) => ({
    what: `the backing file ${name}`,
    rules: ['qcow2-backing-file', 'qcow2-backing-protocol'] as const,
    image: withBacking(name, 'raw'),
  })),
  {
    what: 'a backing file whose name is empty',
    rules: ['qcow2-backing-file', 'qcow2-backing-name'],
    image: with64(136n, 8),
  },
  {
    what: 'a backing file whose name holds a zero',
    rules: ['qcow2-backing-file', 'qcow2-backing-name'],
    image: withBacking('a\0b', 'raw'),
  },
  {
    what: 'a backing file whose name holds an escape',
    rules: ['qcow2-backing-file', 'qcow2-backing-name'],
    image: withBacking('\u001b[2J', 'raw'),
  },
  {
    what: 'a backing file whose name is no text',
    rules: ['qcow2-backing-file', 'qcow2-backing-name'],
    image: () => qcow2({ change: (image) => [writeBacking(image, 'base', 'raw'), image.fill(0xff, 136, 140)] }),
  },
  {
    what: 'a backing file whose name is longer than any',
    rules: ['qcow2-backing-file', 'qcow2-backing-name'],
    image: withBacking('x'.repeat(1024), 'raw'),
  },
  {
    what: 'a backing file whose name lies behind the first cluster',
    rules: ['qcow2-backing-file', 'qcow2-backing-name'],
    image: () => qcow2({ change: (image) => [image.writeBigUInt64BE(65_530n, 8), image.writeUInt32BE(7, 16)] }),
  },
  {
    what: 'a backing file whose name lies in the header',
    rules: ['qcow2-backing-file', 'qcow2-backing-name'],
    image: () => qcow2({ change: (image) => [image.writeBigUInt64BE(8n, 8), image.writeUInt32BE(7, 16)] }),
  },
];

/** Clusters of 2 MiB, and the name at the end of the first. */
function farName(name: string): Buffer {
  const image = Buffer.alloc(3 * 2 ** 21 + 8);
  qcow2().copy(image, 0, 0, 112);
  image.writeUInt32BE(21, 20);
  image.writeBigUInt64BE(BigInt(2 ** 21), 48);
  image.writeBigUInt64BE(BigInt(3 * 2 ** 21), 40);
  writeExtensions(image, 112, [backingFormat, 'raw']);
  image.writeBigUInt64BE(BigInt(2 ** 21 - name.length), 8);
  image.writeUInt32BE(image.write(name, 2 ** 21 - name.length), 16);
  return image;
}

export const qcow2Rows: readonly Row[] = [...header, ...features, ...extensions, ...backing].map((row) => ({
  ...row,
  what: `qcow2 with ${row.what}`,
}));
