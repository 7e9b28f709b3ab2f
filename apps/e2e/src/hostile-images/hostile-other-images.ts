import type { HostileImage } from './hostile-image.ts';
import { bytesWith, changed, created, written } from './make-images.ts';

function refusedBy(rule: string): Pick<HostileImage, 'refused'> {
  return { refused: { code: 'UNSAFE_IMAGE', rule } };
}

/** One's complement of the sum of all bytes but those it is written in. */
function sum(bytes: Buffer, offset: number): void {
  bytes.fill(0, offset, offset + 4);
  bytes.writeUInt32BE(~bytes.reduce((total, byte) => total + byte, 0) >>> 0, offset);
}

/** The footer at the end of a vhd, and its copy at the start. */
function changeFooters(image: Buffer, change: (footer: Buffer) => unknown): void {
  for (const footer of [image.subarray(0, 512), image.subarray(-512)]) {
    change(footer);
    sum(footer, 64);
  }
}

const vhd: readonly HostileImage[] = [
  {
    name: 'vhd over another one',
    ...refusedBy('vhd-parent'),
    make: changed('-f vpc', (image) => changeFooters(image, (footer) => footer.writeUInt32BE(4, 60))),
  },
  {
    name: 'vhd that names a parent',
    ...refusedBy('vhd-parent'),
    make: changed('-f vpc', (image, { secret }) => {
      image.write(secret, 512 + 64, 'utf16le');
      sum(image.subarray(512, 1536), 36);
    }),
  },
  { name: 'vhd without its end', ...refusedBy('vhd-copies'), make: changed('-f vpc', (image) => image.subarray(0, -512)) },
  {
    name: 'vhd with another disk in its footer',
    ...refusedBy('vhd-copies'),
    make: changed('-f vpc', (image) => {
      image.writeUInt32BE(1, image.length - 512 + 48);
      sum(image.subarray(-512), 64);
    }),
  },
  {
    name: 'fixed vhd whose guest wrote the start of another vhd',
    ...refusedBy('vhd-copies'),
    make: async (workshop, path) => {
      const growing = await workshop.empty('-f vpc');
      await changed('-f vpc -o subformat=fixed', (image) => growing.copy(image))(workshop, path);
    },
  },
  {
    name: 'vhd with a wrong sum',
    ...refusedBy('vhd-footer'),
    make: changed('-f vpc -o subformat=fixed', (image) => image.writeUInt8(1, image.length - 1)),
  },
  { name: 'vhd without blocks', ...refusedBy('vhd-header'), make: changed('-f vpc', (image) => image.fill(0, 512, 520)) },
  {
    name: 'vhd of 1 PiB',
    ...refusedBy('virtual-size'),
    make: changed('-f vpc', (image) => changeFooters(image, (footer) => footer.writeBigUInt64BE(2n ** 50n, 48))),
  },
];

/** The two headers of a vhdx, each with a sum over its 4 KiB. */
function changeHeaders(image: Buffer, change: (header: Buffer) => unknown): void {
  for (const start of [65_536, 131_072]) {
    const header = image.subarray(start, start + 4096);
    change(header);
    header.fill(0, 4, 8);
    header.writeUInt32LE(castagnoli(header), 4);
  }
}

function castagnoli(bytes: Buffer): number {
  let rest = 0xff_ff_ff_ff;
  for (const byte of bytes) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? (rest >>> 1) ^ 0x82_f6_3b_78 : rest >>> 1;
  }
  return ~rest >>> 0;
}

/** Where qemu-img writes an item of a vhdx: its table is found by its name. */
function itemOf(image: Buffer, id: string): number {
  const table = image.indexOf('metadata', 2 ** 20);
  return table + image.readUInt32LE(image.indexOf(id, table, 'hex') + 16);
}

const parameters = '3767a1ca36fa434db3b633f0aa44e76b';
const diskSize = '2442a52f1bcd7648b2115dbed83bf4b8';

const vhdx: readonly HostileImage[] = [
  {
    name: 'vhdx over another one',
    ...refusedBy('vhdx-parent'),
    make: changed('-f vhdx', (image) => image.writeUInt32LE(2, itemOf(image, parameters) + 4)),
  },
  {
    name: 'vhdx of 1 PiB',
    ...refusedBy('virtual-size'),
    make: changed('-f vhdx', (image) => image.writeBigUInt64LE(2n ** 50n, itemOf(image, diskSize))),
  },
  {
    name: 'vhdx with a log',
    ...refusedBy('vhdx-log'),
    make: changed('-f vhdx', (image) => changeHeaders(image, (header) => header.writeUInt8(1, 48))),
  },
  {
    name: 'vhdx with damaged headers',
    ...refusedBy('vhdx-header'),
    make: changed('-f vhdx', (image) => image.fill(1, 65_600, 65_700).fill(1, 131_172, 131_200)),
  },
  {
    name: 'vhdx with two tables of parts',
    ...refusedBy('vhdx-regions'),
    make: changed('-f vhdx', (image) => image.writeUInt8(1, 262_144 + 4096)),
  },
  {
    name: 'vhdx without metadata',
    ...refusedBy('vhdx-metadata'),
    make: changed('-f vhdx', (image) => image.fill(0, image.indexOf('metadata', 2 ** 20))),
  },
];

const vdi: readonly HostileImage[] = [
  { name: 'vdi over another one', ...refusedBy('vdi-parent'), make: changed('-f vdi', (image) => image.writeUInt32LE(4, 76)) },
  { name: 'vdi with the identity of a parent', ...refusedBy('vdi-parent'), make: changed('-f vdi', (image) => image.writeUInt8(1, 440)) },
  { name: 'vdi of an unknown version', ...refusedBy('vdi-header'), make: changed('-f vdi', (image) => image.writeUInt32LE(0x2_00_00, 68)) },
  {
    name: 'vdi of 1 PiB',
    ...refusedBy('virtual-size'),
    make: changed('-f vdi', (image) => {
      image.writeBigUInt64LE(2n ** 50n, 368);
      image.writeUInt32LE(2 ** 30, 384);
    }),
  },
];

const rest: readonly HostileImage[] = [
  { name: 'qed', ...refusedBy('qed'), make: created('-f qed') },
  {
    name: 'luks of an unknown version',
    ...refusedBy('luks-version'),
    make: written(() => bytesWith(65_536, [0, 'LUKS\u00ba\u00be\0\u0003'])),
  },
  {
    name: 'a partition table that is none',
    ...refusedBy('gpt-boot-flag'),
    make: written(() => bytesWith(65_536, [446, 'A'], [450, '\u00ee'], [510, '\u0055\u00aa'], [512, 'EFI PART'])),
  },
];

const severalAtOnce: readonly HostileImage[] = [
  { name: 'qcow2 that is a disc', make: changed('-f qcow2', (image) => image.write('CD001', 32_769)) },
  { name: 'vmdk that is a disc', make: changed('-f vmdk', (image) => image.write('CD001', 32_769)) },
  { name: 'qcow2 with the footer of a vhd', make: changed('-f qcow2', (image) => Buffer.concat([image, bytesWith(512, [0, 'conectix'])])) },
  { name: 'vdi with the footer of a vhd', make: changed('-f vdi', (image) => Buffer.concat([image, bytesWith(512, [0, 'conectix'])])) },
  { name: 'luks that is a disc', make: written(() => bytesWith(65_536, [0, 'LUKS\u00ba\u00be\0\u0001'], [32_769, 'CD001'])) },
  { name: 'luks with the footer of a vhd', make: written(() => bytesWith(65_536, [0, 'LUKS\u00ba\u00be\0\u0001'], [65_024, 'conectix'])) },
  {
    name: 'a disc that is a text which names the secret',
    betrays: 'vmdk' as const,
    make: written(({ secret }) =>
      bytesWith(
        65_536,
        [0, `# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentCID=ffffffff\ncreateType="monolithicFlat"\nRW 1 FLAT "${secret}" 0\n`],
        [32_769, 'CD001'],
      ),
    ),
  },
].map((image) => ({ ...image, ...refusedBy('several-formats') }));

export const hostileOtherImages: readonly HostileImage[] = [...vhd, ...vhdx, ...vdi, ...rest, ...severalAtOnce];
