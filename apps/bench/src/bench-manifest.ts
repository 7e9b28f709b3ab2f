import { join } from 'node:path';
import { makeImage } from './make-image.ts';
import { race } from './race.ts';
import type { Score } from './race.ts';
import type { Setting } from './setting.ts';

/** What it takes to know an image: its sha256, and the SHA-1 of all its pieces. Its bytes are in the page cache. */
export async function benchManifest({ folder, rounds, mebibytes }: Setting): Promise<readonly Score[]> {
  const image = join(folder, 'disk.raw');
  await makeImage(image, mebibytes);
  const built = new URL('../../../packages/driver-p2p-precache/dist/index.js', import.meta.url).href;
  const program = `const { hashImage } = await import(process.argv[1]); await hashImage(process.argv[2]);`;
  const contenders = [
    { name: 'both in one pass', command: [process.execPath, '--input-type=module', '-e', program, built, image] as const },
    {
      name: 'openssl sha256 and sha1, side by side',
      command: ['sh', '-c', 'openssl dgst -sha1 "$1" > /dev/null & openssl dgst -sha256 "$1" > /dev/null; wait', 'sh', image] as const,
    },
    { name: 'sha256sum alone', command: ['sh', '-c', 'sha256sum -- "$1" > /dev/null', 'sh', image] as const },
  ];
  return [await race(`sha256 and pieces of ${mebibytes} MiB`, contenders, rounds, nothing)];
}

async function nothing(): Promise<void> {}
