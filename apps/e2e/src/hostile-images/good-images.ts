import type { HostileImage } from './hostile-image.ts';
import { bytesWith, changed, converted, created, written } from './make-images.ts';

const options = [
  'qcow2',
  'qcow2 -o compat=0.10',
  'qcow2 -o cluster_size=2M',
  'qcow2 -o extended_l2=on',
  'qcow2 -o compression_type=zstd -c',
  'vmdk',
  'vmdk -o subformat=streamOptimized',
  'vpc',
  'vpc -o subformat=fixed',
  'vhdx',
  'vdi',
];

const ofQemu: readonly HostileImage[] = options.map((words) => ({ name: `good ${words}`, make: converted(`-O ${words}`) }));

const parts = [
  [450, '\u00ee'],
  [510, '\u0055\u00aa'],
  [512, 'EFI PART'],
] as const;
const partitioned = written(() => bytesWith(2 ** 20, ...parts));
const encrypted = written(() => bytesWith(2 ** 20, [0, 'LUKS\u00ba\u00be\0\u0002']));
const disc = written(() => bytesWith(2 ** 20, [32_769, 'CD001']));

/** Images nothing is wrong with, some of them with what looks like it. */
export const goodImages: readonly HostileImage[] = [
  ...ofQemu,
  { name: 'good raw', make: converted('-O raw') },
  { name: 'good raw, said to be raw', claimed: 'raw', make: converted('-O raw') },
  { name: 'nothing at all, said to be raw', claimed: 'raw', make: written(() => '') },
  { name: 'good qcow2, said to be qcow2', claimed: 'qcow2', make: created('-f qcow2') },
  { name: 'good fixed vhd, said to be vhd', claimed: 'vhd', make: created('-f vpc -o subformat=fixed') },
  { name: 'qcow2 of the largest size allowed', make: created('-f qcow2', '2T') },
  {
    name: 'qcow2 with an internal snapshot',
    make: async (workshop, path) => {
      await created('-f qcow2')(workshop, path);
      await workshop.qemuImg('snapshot', '-c', 'before', path);
    },
  },
  { name: 'good partitioned disk', make: partitioned },
  { name: 'good partitioned disk, said to be raw', claimed: 'raw', make: partitioned },
  { name: 'good encrypted disk, said to be raw', claimed: 'raw', make: encrypted },
  { name: 'good encrypted disk, said to be luks', claimed: 'luks', make: encrypted },
  { name: 'good disc, said to be iso', claimed: 'iso', make: disc },
  { name: 'good disc that is a disk, too', claimed: 'iso', make: written(() => bytesWith(2 ** 20, ...parts, [32_769, 'CD001'])) },
  {
    name: 'good fixed vhd of a partitioned disk',
    claimed: 'vhd',
    make: changed('-f vpc -o subformat=fixed', (image) => bytesWith(1024, ...parts).copy(image)),
  },
  { name: 'qcow2 over a trusted file', allowBacking: true, make: created('-f qcow2 -F raw -b /srv/hostile/content') },
];
