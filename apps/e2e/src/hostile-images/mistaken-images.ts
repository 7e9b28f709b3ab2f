import type { ImageFormat } from 'image-api';
import type { HostileImage } from './hostile-image.ts';
import { bytesWith, converted, created, written } from './make-images.ts';

const mismatch = { code: 'FORMAT_MISMATCH', rule: 'format-claim' } as const;

/** What qemu-img calls the formats it makes. */
const words: readonly (readonly [ImageFormat, string])[] = [
  ['qcow2', '-f qcow2'],
  ['vmdk', '-f vmdk'],
  ['vhd', '-f vpc'],
  ['vhd', '-f vpc -o subformat=fixed'],
  ['vhdx', '-f vhdx'],
  ['vdi', '-f vdi'],
];

const saidToBeRaw: readonly HostileImage[] = words.map(([format, options]) => ({
  name: `${format} (${options}) said to be raw`,
  claimed: 'raw',
  refused: mismatch,
  make: created(options),
}));

const formats: readonly ImageFormat[] = ['qcow2', 'vmdk', 'vhd', 'vhdx', 'vdi', 'qed', 'iso', 'gpt', 'luks'];

const reallyRaw: readonly HostileImage[] = formats.map((claimed) => ({
  name: `raw said to be ${claimed}`,
  claimed,
  refused: mismatch,
  make: converted('-O raw'),
}));

/** Images that are not what they are said to be, in both directions. */
export const mistakenImages: readonly HostileImage[] = [
  ...saidToBeRaw,
  ...reallyRaw,
  { name: 'vhdx said to be vhd', claimed: 'vhd', refused: mismatch, make: created('-f vhdx') },
  { name: 'vmdk said to be qcow2', claimed: 'qcow2', refused: mismatch, make: created('-f vmdk') },
  { name: 'a disc said to be qcow2', claimed: 'qcow2', refused: mismatch, make: written(() => bytesWith(65_536, [32_769, 'CD001'])) },
  {
    name: 'a disk that a guest began with a qcow2 header, said to be raw',
    claimed: 'raw',
    refused: { code: 'UNSAFE_IMAGE', rule: 'format-claim' },
    make: written(() => bytesWith(2 ** 20, [0, 'QFI\u00fb\0\0\0\u0003'])),
  },
];
