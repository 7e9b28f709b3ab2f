import { randomFillSync } from 'node:crypto';
import { open } from 'node:fs/promises';

const mebibyte = 2 ** 20;
const piece = 4 * mebibyte;

/**
 * Write an image as a guest's disk looks: stretches of data with holes between them.
 *
 * @param {string} path must not exist
 * @param {{ virtualMiB: number; dataMiB: number; stretches: number }} shape how large it looks, how much of it is data, in how many pieces
 */
export async function makeSampleImage(path, { virtualMiB, dataMiB, stretches }) {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.truncate(virtualMiB * mebibyte);
    const length = Math.floor(dataMiB / stretches) * mebibyte;
    const distance = Math.floor(virtualMiB / stretches) * mebibyte;
    const bytes = Buffer.alloc(piece);
    for (let stretch = 0; stretch < stretches; stretch++) {
      for (let done = 0; done < length; done += piece) {
        await file.write(randomFillSync(bytes), 0, Math.min(piece, length - done), stretch * distance + done);
      }
    }
    await file.sync();
  } finally {
    await file.close();
  }
}
