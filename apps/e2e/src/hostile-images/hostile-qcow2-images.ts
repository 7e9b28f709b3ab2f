import type { HostileImage, Make, Workshop } from './hostile-image.ts';
import { changed, created } from './make-images.ts';

function refusedBy(rule: string): Pick<HostileImage, 'refused'> {
  return { refused: { code: 'UNSAFE_IMAGE', rule } };
}

const plain = '-f qcow2';

function withNumber(value: number, offset: number): Make {
  return changed(plain, (image) => image.writeUInt32BE(value, offset));
}

function withFeature(bit: number): Make {
  return changed(plain, (image) => image.writeBigUInt64BE(2n ** BigInt(bit), 72));
}

/** In place of all extensions: the name of a backing file, and its format where there is one. */
function withBacking(name: string | ((workshop: Workshop) => string), format?: string): Make {
  return changed(plain, (image, workshop) => {
    const text = typeof name === 'string' ? name : name(workshop);
    image.fill(0, 112, 1024);
    if (format !== undefined) writeExtension(image, 0xe2_79_2a_ca, format);
    image.writeBigUInt64BE(512n, 8);
    image.writeUInt32BE(image.write(text, 512), 16);
  });
}

function writeExtension(image: Buffer, type: number, text: string): void {
  image.fill(0, 112, 1024);
  image.writeUInt32BE(type, 112);
  image.writeUInt32BE(image.write(text, 120), 116);
}

const others: readonly HostileImage[] = [
  { name: 'qcow2 over the secret', ...refusedBy('qcow2-backing-file'), betrays: 'qcow2', make: created('-f qcow2 -F raw -b %s') },
  {
    name: 'qcow2 of version 2 over the secret',
    ...refusedBy('qcow2-backing-file'),
    betrays: 'qcow2',
    make: created('-f qcow2 -o compat=0.10 -F raw -b %s'),
  },
  {
    name: 'qcow2 over the secret, said to be raw',
    claimed: 'raw',
    ...refusedBy('qcow2-backing-file'),
    betrays: 'qcow2',
    make: created('-f qcow2 -F raw -b %s'),
  },
  {
    name: 'qcow2 over the secret, its name far from the header',
    ...refusedBy('qcow2-backing-file'),
    betrays: 'qcow2',
    make: changed('-f qcow2 -o cluster_size=2M', (image, { secret }) => {
      writeExtension(image, 0xe2_79_2a_ca, 'raw');
      image.writeBigUInt64BE(2n ** 20n, 8);
      image.writeUInt32BE(image.write(secret, 2 ** 20), 16);
    }),
  },
  {
    name: 'qcow2 over the secret, of a format to be guessed',
    allowBacking: true,
    ...refusedBy('qcow2-backing-format'),
    betrays: 'qcow2',
    make: withBacking(({ secret }) => secret),
  },
  {
    name: 'qcow2 over the secret by json',
    allowBacking: true,
    ...refusedBy('qcow2-backing-protocol'),
    betrays: 'qcow2',
    make: withBacking(({ secret }) => `json:{"driver":"raw","file":{"driver":"file","filename":"${secret}"}}`, 'raw'),
  },
  {
    name: 'qcow2 over json that connects',
    ...refusedBy('qcow2-backing-protocol'),
    make: withBacking('json:{"driver":"nbd","host":"alpha"}', 'raw'),
  },
  { name: 'qcow2 over nbd', allowBacking: true, ...refusedBy('qcow2-backing-protocol'), make: withBacking('nbd:alpha:10809', 'raw') },
  {
    name: 'qcow2 over a web server',
    allowBacking: true,
    ...refusedBy('qcow2-backing-protocol'),
    make: withBacking('http://alpha/x', 'raw'),
  },
  { name: 'qcow2 over a directory', allowBacking: true, ...refusedBy('qcow2-backing-protocol'), make: withBacking('fat:/etc', 'raw') },
  { name: 'qcow2 over a strange format', allowBacking: true, ...refusedBy('qcow2-backing-format'), make: withBacking('/srv/x', 'vvfat') },
  {
    name: 'qcow2 over a name with an escape',
    allowBacking: true,
    ...refusedBy('qcow2-backing-name'),
    make: withBacking('\u001b[2J', 'raw'),
  },
  {
    name: 'qcow2 over raw bytes that are said to be qcow2',
    allowBacking: true,
    refused: { code: 'FORMAT_MISMATCH', rule: 'format-claim' },
    make: withBacking(({ content }) => content, 'qcow2'),
  },
  {
    name: 'qcow2 over a text that names the secret',
    allowBacking: true,
    ...refusedBy('vmdk-descriptor-file'),
    betrays: 'qcow2',
    make: async (workshop, path) => {
      await changed('-f vmdk', (_, { secret }) =>
        Buffer.from(
          `# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentCID=ffffffff\ncreateType="monolithicFlat"\nRW 1 FLAT "${secret}" 0\n`,
        ),
      )(workshop, `${path}.below`);
      await withBacking(`${path}.below`, 'vmdk')(workshop, path);
    },
  },
];

const dataFiles: readonly HostileImage[] = [
  {
    name: 'qcow2 with the secret as its data',
    ...refusedBy('qcow2-data-file'),
    betrays: 'qcow2',
    // As a raw one, so that what is in the file already is the content.
    make: changed('-f qcow2 -o data_file=/srv/hostile/data,data_file_raw=on', (image, { secret }) =>
      writeExtension(image, 0x44_41_54_41, secret),
    ),
  },
  { name: 'qcow2 with data in a file it does not name', ...refusedBy('qcow2-data-file'), make: withFeature(2) },
  {
    name: 'qcow2 with the name of a data file only',
    ...refusedBy('qcow2-data-file'),
    make: changed(plain, (image, { secret }) => writeExtension(image, 0x44_41_54_41, secret)),
  },
];

const damaged: readonly HostileImage[] = [
  { name: 'qcow2 of version 1', ...refusedBy('qcow2-version'), make: withNumber(1, 4) },
  { name: 'qcow2 of version 4', ...refusedBy('qcow2-version'), make: withNumber(4, 4) },
  { name: 'qcow2 marked as in use', ...refusedBy('qcow2-dirty'), make: withFeature(0) },
  { name: 'qcow2 marked as corrupt', ...refusedBy('qcow2-corrupt'), make: withFeature(1) },
  { name: 'qcow2 with an unknown feature', ...refusedBy('qcow2-unknown-feature'), make: withFeature(5) },
  { name: 'qcow2 with a compression it does not tell', ...refusedBy('qcow2-compression'), make: withFeature(3) },
  { name: 'qcow2 encrypted in the old way', ...refusedBy('qcow2-encryption'), make: withNumber(1, 32) },
  { name: 'qcow2 with tiny clusters', ...refusedBy('qcow2-cluster-size'), make: withNumber(8, 20) },
  { name: 'qcow2 with a header shorter than itself', ...refusedBy('qcow2-header'), make: withNumber(8, 100) },
  { name: 'qcow2 with reference counts wider than any', ...refusedBy('qcow2-refcounts'), make: withNumber(7, 96) },
  { name: 'qcow2 with an extension of four gigabytes', ...refusedBy('qcow2-extension'), make: withNumber(0xff_ff_ff_ff, 116) },
  { name: 'qcow2 cut short', ...refusedBy('qcow2-tables'), make: changed(plain, (image) => image.subarray(0, 100_000)) },
  { name: 'qcow2 of 1 PiB', ...refusedBy('virtual-size'), make: created(plain, '1P') },
  { name: 'qcow2 of almost 16 EiB', ...refusedBy('virtual-size'), make: changed(plain, (image) => image.fill(0xff, 24, 31)) },
];

export const hostileQcow2Images: readonly HostileImage[] = [...others, ...dataFiles, ...damaged];
