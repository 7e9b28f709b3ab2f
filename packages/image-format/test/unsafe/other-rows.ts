import { gpt, imageWith, iso, luks, vdi } from '../images.ts';
import { qcow2 } from '../qcow2-images.ts';
import { fixedVhd, vhd } from '../vhd-images.ts';
import { vmdk } from '../vmdk-images.ts';
import type { Row } from './row.ts';

const vdiRows: readonly Row[] = [
  { what: 'a header cut short', rules: ['vdi-header'], image: () => vdi().subarray(0, 511) },
  { what: 'another version', rules: ['vdi-header'], image: () => vdi((image) => image.writeUInt32LE(0x2_00_00, 68)) },
  { what: 'an unknown type', rules: ['vdi-header'], image: () => vdi((image) => image.writeUInt32LE(9, 76)) },
  { what: 'too few blocks', rules: ['vdi-header'], image: () => vdi((image) => image.writeUInt32LE(63, 384)) },
  { what: 'the type of what a guest is to forget', rules: ['vdi-parent'], image: () => vdi((image) => image.writeUInt32LE(3, 76)) },
  { what: 'the type of a layer', rules: ['vdi-parent'], image: () => vdi((image) => image.writeUInt32LE(4, 76)) },
  { what: 'a link to another image', rules: ['vdi-parent'], image: () => vdi((image) => image.writeUInt8(1, 424)) },
  { what: 'the identity of a parent', rules: ['vdi-parent'], image: () => vdi((image) => image.writeUInt8(1, 455)) },
  {
    what: 'a disk of 1 PiB',
    rules: ['virtual-size'],
    image: () => vdi((image) => [image.writeBigUInt64LE(2n ** 50n, 368), image.writeUInt32LE(2 ** 30, 384)]),
  },
].map((row) => ({ ...row, what: `vdi with ${row.what}` }) as Row);

const plain: readonly Row[] = [
  { what: 'qed', rules: ['qed'], image: () => imageWith(65_536, [0, 'QED\0']) },
  { what: 'luks 2', rules: ['luks-2'], image: () => luks(2) },
  { what: 'luks 3', rules: ['luks-version'], image: () => luks(3) },
  { what: 'luks cut short', rules: ['luks-version'], image: () => luks(1).subarray(0, 7) },
  {
    what: 'a partition table with an odd boot flag',
    rules: ['gpt-boot-flag'],
    image: () => gpt(512, (image) => image.writeUInt8(0x41, 462)),
  },
  { what: 'two partition tables', rules: ['gpt-hybrid'], image: () => gpt(512, (image) => image.writeUInt8(0x83, 466)) },
];

const several: readonly Row[] = [
  { what: 'qcow2 and a disc', rules: ['several-formats'], image: () => overwritten(qcow2(), 32_769, 'CD001') },
  { what: 'vmdk and a disc', rules: ['several-formats'], image: () => overwritten(vmdk(), 32_769, 'CD001') },
  {
    what: 'a text that describes a disk, and a disc',
    rules: ['several-formats', 'vmdk-descriptor-file'],
    image: () => overwritten(iso(), 0, '# Disk DescriptorFile\nversion=1\n'),
  },
  { what: 'luks and a disc', rules: ['several-formats'], image: () => overwritten(iso(), 0, 'LUKS\u00ba\u00be\0\u0001') },
  {
    what: 'vdi and a partitioned disk',
    rules: ['several-formats', 'vdi-parent'],
    image: () => overwritten(gpt(), 64, '\u007f\u0010\u00da\u00be', vdi()),
  },
  { what: 'qcow2 with the footer of a vhd', rules: ['several-formats'], image: () => fixedVhd({ disk: qcow2() }) },
  { what: 'a disc with the footer of a vhd', rules: ['several-formats'], image: () => fixedVhd({ disk: iso() }) },
  { what: 'luks with the footer of a vhd', rules: ['several-formats'], image: () => fixedVhd({ disk: luks(1) }) },
  {
    what: 'a vhd that grows and a partitioned disk',
    rules: ['several-formats', 'vhd-copies', 'vhd-footer'],
    image: () => overwritten(gpt(4096), 0, vhd().toString('latin1', 0, 440)),
  },
];

function overwritten(image: Buffer, offset: number, text: string, underneath: Buffer = Buffer.alloc(0)): Buffer {
  underneath.copy(image, 0, 0, 446);
  image.write(text, offset, 'latin1');
  return image;
}

export const otherRows: readonly Row[] = [...vdiRows, ...plain, ...several];
