import { mkdtemp, open, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bytesArrived, differenceFrom } from '../src/content/compare-content.ts';
import { dataIn, dense, kib, mib, sparse } from '../src/content/content.ts';
import { writeContent } from '../src/content/write-content.ts';

let folder = '';
let path = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-api-content-'));
  path = join(folder, 'image');
});
afterEach(() => rm(folder, { recursive: true }));

async function put(at: number, byte: string): Promise<void> {
  const file = await open(path, 'r+');
  await file.write(byte, at);
  await file.close();
}

describe('an image of the suite', () => {
  it.each([0, 1, 70 * mib + 1])('of %i bytes without holes is written as it is described', async (size) => {
    const content = dense(size);
    await writeContent(content, path);
    expect((await stat(path)).size).toBe(size);
    expect(dataIn(content)).toBe(size);
    expect(await differenceFrom(content, path)).toBeUndefined();
  });

  it('has the holes it is described with', async () => {
    await writeContent(sparse(64 * mib), path);
    const { size, blocks } = await stat(path);
    expect(size).toBe(64 * mib);
    expect(blocks * 512).toBeLessThan(4 * mib);
  });

  it('is told from one that differs in a byte of data, in a byte of a hole, or in length', async () => {
    const content = sparse(16 * mib);
    await writeContent(content, path);
    await put(12 * mib + 5, 'x');
    expect(await differenceFrom(content, path)).toBe(`it differs from byte ${12 * mib + 5} on`);
    await put(3, content.pieces[0]?.bytes[3] === 120 ? 'y' : 'x');
    expect(await differenceFrom(content, path)).toBe('it differs from byte 3 on');
    await truncate(path, 5);
    expect(await differenceFrom(content, path)).toBe(`it has 5 bytes instead of ${16 * mib}`);
  });

  it('has arrived as far as its bytes are there, whatever the length of the file is', async () => {
    const content = dense(4 * mib);
    expect(bytesArrived(content, path)).toBe(0);
    await writeContent(
      { ...content, pieces: [{ at: 0, bytes: content.pieces[0]?.bytes.subarray(0, mib + 100) ?? new Uint8Array() }] },
      path,
    );
    expect(bytesArrived(content, path)).toBe(mib);
    await put(64 * kib - 1, content.pieces[0]?.bytes[64 * kib - 1] === 120 ? 'y' : 'x');
    expect(bytesArrived(content, path)).toBe(mib - 64 * kib);
  });
});
