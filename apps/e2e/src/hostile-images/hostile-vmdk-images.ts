import type { HostileImage, Make, Workshop } from './hostile-image.ts';
import { bytesWith, changed, created, written } from './make-images.ts';

function refusedBy(rule: string): Pick<HostileImage, 'refused'> {
  return { refused: { code: 'UNSAFE_IMAGE', rule } };
}

/** A text that describes a disk of one sector: the secret. */
function betrayal({ secret }: Workshop, title = '# Disk DescriptorFile\n'): string {
  return `${title}version=1\nCID=fffffffe\nparentCID=ffffffff\ncreateType="monolithicFlat"\nRW 1 FLAT "${secret}" 0\n`;
}

/** The descriptor of an image made by qemu-img, with one text in place of another. */
function withText(before: string, after: string | ((workshop: Workshop) => string)): Make {
  return changed('-f vmdk', (image, workshop) => {
    const text = image.toString('latin1', 512, image.indexOf(0, 512));
    const changedText = text.replace(before, typeof after === 'string' ? after : after(workshop));
    if (changedText === text) throw new Error(`the descriptor does not hold ${before}`);
    image.write(changedText, 512, 'latin1');
  });
}

const texts: readonly HostileImage[] = [
  {
    name: 'a text that names the secret',
    ...refusedBy('vmdk-descriptor-file'),
    betrays: 'vmdk',
    make: written((workshop) => betrayal(workshop)),
  },
  {
    name: 'a text that names the secret, said to be vmdk',
    claimed: 'vmdk',
    ...refusedBy('vmdk-descriptor-file'),
    betrays: 'vmdk',
    make: written((workshop) => betrayal(workshop)),
  },
  {
    name: 'a text that names the secret, said to be raw',
    claimed: 'raw',
    ...refusedBy('vmdk-descriptor-file'),
    betrays: 'vmdk',
    make: written((workshop) => betrayal(workshop)),
  },
  {
    name: 'a text without a title that names the secret',
    ...refusedBy('vmdk-descriptor-file'),
    betrays: 'vmdk',
    make: written((workshop) => betrayal(workshop, '  \n#\n')),
  },
  {
    name: 'a text as qemu-img writes it',
    ...refusedBy('vmdk-descriptor-file'),
    make: created('-f vmdk -o subformat=twoGbMaxExtentSparse'),
  },
];

const inside: readonly HostileImage[] = [
  {
    name: 'vmdk that leaves its size to a text which names the secret',
    ...refusedBy('vmdk-extent'),
    betrays: 'vmdk',
    make: changed('-f vmdk', (image, workshop) => {
      image.fill(0, 12, 20).fill(0, 512, 512 + 20 * 512);
      image.write(betrayal(workshop), 512);
    }),
  },
  { name: 'vmdk with an extent elsewhere', ...refusedBy('vmdk-extent'), make: withText('"empty', ({ secret }) => `"${secret}`) },
  { name: 'vmdk with a second extent', ...refusedBy('vmdk-extent'), make: withText('RW ', ({ secret }) => `RW 1 FLAT "${secret}" 0\nRW `) },
  { name: 'vmdk of many files', ...refusedBy('vmdk-create-type'), make: withText('monolithicSparse', 'twoGbMaxExtentSparse') },
  { name: 'vmdk with a line nobody knows', ...refusedBy('vmdk-descriptor'), make: withText('#DDB', 'include /etc/passwd') },
  {
    name: 'vmdk over another one',
    allowBacking: true,
    ...refusedBy('vmdk-parent'),
    make: async (workshop, path) => {
      await created('-f vmdk')(workshop, `${path}.below`);
      await created(`-f vmdk -F vmdk -b ${path}.below`)(workshop, path);
    },
  },
  {
    name: 'vmdk over the secret, in a comment',
    ...refusedBy('vmdk-parent'),
    make: withText('#DDB', ({ secret }) => `#parentFileNameHint="${secret}"`),
  },
  { name: 'vmdk with changed newlines', ...refusedBy('vmdk-header'), make: changed('-f vmdk', (image) => image.write('\r\n', 73)) },
  {
    name: 'vmdk with a footer that is not there',
    ...refusedBy('vmdk-footer'),
    make: changed('-f vmdk', (image) => image.fill(0xff, 56, 64)),
  },
  {
    name: 'vmdk with a footer that tells another disk',
    ...refusedBy('vmdk-footer'),
    make: changed('-f vmdk -o subformat=streamOptimized', (image) => {
      image.fill(0xff, 56, 64);
      const footer = Buffer.alloc(3 * 512);
      footer.writeUInt32LE(3, 12);
      image.copy(footer, 512, 0, 512);
      footer.writeBigUInt64LE(2n ** 40n, 512 + 12);
      return Buffer.concat([image, footer]);
    }),
  },
  { name: 'vmdk of 1 PiB', ...refusedBy('virtual-size'), make: changed('-f vmdk', (image) => image.writeBigUInt64LE(2n ** 41n, 12)) },
  { name: 'a part of a disk of ESX', ...refusedBy('vmdk-cowd'), make: written(() => bytesWith(8192, [0, 'COWD\u0001'])) },
];

export const hostileVmdkImages: readonly HostileImage[] = [...texts, ...inside];
