import { readFile, writeFile } from 'node:fs/promises';
import type { LabHost } from '../lab-host.ts';
import { writeRandomImage } from '../image-files.ts';
import type { HostileImage, Make, Workshop } from './hostile-image.ts';

const size = '4M';

/** Make all images in a directory of the host, named by their place in the list. Answers the secret that some of them reach for. */
export async function makeImages(images: readonly HostileImage[], host: LabHost, directory: string): Promise<string> {
  const secret = `the secret ${crypto.randomUUID()}`;
  await writeFile(host.outside(`${directory}/secret`), secret.padEnd(512, '.'));
  await writeRandomImage(host.outside(`${directory}/content`), 1);
  const empties = new Map<string, Promise<Buffer>>();
  const qemuImg: Workshop['qemuImg'] = (...args) => host.run(['qemu-img', ...args]);
  const workshop: Workshop = {
    secret: `${directory}/secret`,
    content: `${directory}/content`,
    outside: (path) => host.outside(path),
    qemuImg,
    empty: async (words) => {
      const path = `${directory}/empty-${empties.size}`;
      const making =
        empties.get(words) ?? qemuImg('create', '-q', ...words.split(' '), path, size).then(() => readFile(host.outside(path)));
      empties.set(words, making);
      return Buffer.from(await making);
    },
  };
  for (const [index, { make }] of images.entries()) await make(workshop, imagePath(directory, index));
  return secret;
}

export function imagePath(directory: string, index: number): string {
  return `${directory}/image-${index}.img`;
}

/** As qemu-img makes it: `-f qcow2 -o compat=0.10`. `%s` is the secret file. */
export function created(words: string, diskSize: string = size): Make {
  return ({ qemuImg, secret }, path) => qemuImg('create', '-q', ...words.replace('%s', secret).split(' '), path, diskSize);
}

/** Made by qemu-img of something: `-O vmdk`. */
export function converted(words: string): Make {
  return ({ qemuImg, content }, path) => qemuImg('convert', '-f', 'raw', ...words.split(' '), content, path);
}

/** An empty one as qemu-img makes it, with something changed by hand. A change may answer other bytes in its place. */
export function changed(words: string, change: (image: Buffer, workshop: Workshop) => unknown): Make {
  return async (workshop, path) => {
    const image = await workshop.empty(words);
    const other = change(image, workshop);
    await writeFile(workshop.outside(path), Buffer.isBuffer(other) ? other : image);
  };
}

/** Written by hand as a whole. */
export function written(bytes: (workshop: Workshop) => string | Buffer): Make {
  return (workshop, path) => writeFile(workshop.outside(path), bytes(workshop));
}

/** Zeros with texts at places, one byte a character. */
export function bytesWith(length: number, ...parts: readonly (readonly [offset: number, text: string])[]): Buffer {
  const bytes = Buffer.alloc(length);
  for (const [offset, text] of parts) bytes.write(text, offset, 'latin1');
  return bytes;
}
