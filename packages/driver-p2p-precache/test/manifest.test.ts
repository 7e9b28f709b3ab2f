import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hashImage } from '../src/manifest/hash-image.ts';
import { manifestOf, parseManifest } from '../src/manifest/manifest.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const mib = 2 ** 20;
const piece = mib / 4;

/** A file with noise at these places, and holes elsewhere. */
async function sparseFile(path: string, size: number, places: readonly (readonly [at: number, length: number])[]): Promise<string> {
  const file = await open(path, 'w');
  await file.truncate(size);
  for (const [at, length] of places) await file.write(randomBytes(length), 0, length, at);
  await file.sync();
  await file.close();
  return path;
}

const sha256sum = (path: string): string => execFileSync('sha256sum', ['--', path], { encoding: 'utf8' }).replace(/^\\?(\w+) .*\n$/s, '$1');

describe('one pass over an image', () => {
  it.each([
    ['nothing in it', 0, []],
    ['a single byte', 1, [[0, 1]]],
    ['no hole', 5 * mib + 17, [[0, 5 * mib + 17]]],
    [
      'a hole before, between and behind',
      80 * mib + 3,
      [
        [7 * mib, mib + 5],
        [40 * mib, 3 * mib],
      ],
    ],
    ['nothing but a hole', 70 * mib + 1, []],
    ['an end on the border of a piece', 8 * piece, [[0, piece]]],
  ] as const)('tells the digests of an image with %s', async (_, size, places) => {
    const path = await sparseFile(join(await temporaryDirectory(), 'a.raw'), size, places);
    const { sha256, size: found, pieceLength, pieces } = await hashImage(path);
    expect({ sha256, found, pieceLength }).toEqual({ sha256: sha256sum(path), found: size, pieceLength: piece });
    const read = await open(path);
    for (let at = 0; at < size; at += piece) {
      const { buffer, bytesRead } = await read.read(Buffer.alloc(piece), 0, piece, at);
      const digest = pieces.subarray((at / piece) * 20, (at / piece + 1) * 20).toString('hex');
      expect(digest, `piece at ${at}`).toBe(createHash('sha1').update(buffer.subarray(0, bytesRead)).digest('hex'));
    }
    await read.close();
    expect(pieces.length).toBe(Math.ceil(size / piece) * 20);
  });

  it('knows which pieces are zeros, whether they are holes or not', async () => {
    const path = await sparseFile(join(await temporaryDirectory(), 'a.raw'), 10 * piece + 5, [[3 * piece + 9, 1]]);
    const file = await open(path, 'r+');
    await file.write(Buffer.alloc(piece), 0, piece, 5 * piece);
    await file.close();
    expect(manifestOf(await hashImage(path)).manifest.zeroPieces).toEqual([
      [0, 3],
      [4, 11],
    ]);
  });

  it('does not read holes', async () => {
    const path = await sparseFile(join(await temporaryDirectory(), 'a.raw'), 2 ** 30, [[0, mib]]);
    const readBefore = await bytesRead();
    await hashImage(path);
    expect((await bytesRead()) - readBefore).toBeLessThan(64 * mib);
  });

  it('tells how far it is, and ends when it is cancelled', async () => {
    const path = await sparseFile(join(await temporaryDirectory(), 'a.raw'), 300 * mib, []);
    const told: number[] = [];
    await hashImage(path, { onProgress: (bytes) => void told.push(bytes) });
    expect(told).toEqual(told.toSorted((one, other) => one - other));
    expect(told.at(-1)).toBe(300 * mib);
    const abort = new AbortController();
    const onProgress = (): void => abort.abort('enough');
    await expect(hashImage(path, { signal: abort.signal, onProgress })).rejects.toMatchObject({ code: 'CANCELLED', cause: 'enough' });
  });
});

describe('a manifest', () => {
  it('of the same content is the same, wherever and however sparse it is', async () => {
    const directory = await temporaryDirectory();
    const one = await sparseFile(join(directory, 'one.raw'), 9 * mib, [[4 * mib, mib]]);
    execFileSync('cp', ['--sparse=never', one, join(directory, 'other.img')]);
    const [first, second] = await Promise.all([hashImage(one), hashImage(join(directory, 'other.img'))]);
    expect(manifestOf(second)).toEqual(manifestOf(first));
  });

  it('has an infohash that does not change from release to release', async () => {
    const path = join(await temporaryDirectory(), 'a.raw');
    await writeFile(path, 'x'.repeat(300_000));
    expect(manifestOf(await hashImage(path)).manifest.infohash).toBe('825757b8faa3e3a48a9cb06aa84db7f6af6d5a81');
  });

  it.skipIf(!isThere('transmission-show'))('has the infohash that another program works out of the torrent', async () => {
    const directory = await temporaryDirectory();
    const path = await sparseFile(join(directory, 'a.raw'), 3 * mib + 1, [[mib, 1000]]);
    const { manifest, torrent } = manifestOf(await hashImage(path));
    await writeFile(join(directory, 'a.torrent'), torrent);
    const said = execFileSync('transmission-show', [join(directory, 'a.torrent')], { encoding: 'utf8' });
    expect(said).toMatch(new RegExp(`Name: ${manifest.sha256}$`, 'm'));
    expect(said).toMatch(new RegExp(`Hash: ${manifest.infohash}$`, 'm'));
    expect(said).toMatch(/Piece Count: 13$/m);
    expect(said).toMatch(/Piece Size: 256\.0 KiB$/m);
    expect(said).toMatch(/Privacy: Private torrent$/m);
  });

  it('is read again as it was written, and nothing else is taken for one', async () => {
    const path = join(await temporaryDirectory(), 'a.raw');
    await writeFile(path, 'image');
    const { manifest } = manifestOf(await hashImage(path), 'raw');
    const text = JSON.stringify(manifest);
    expect(parseManifest(text, manifest.sha256)).toEqual(manifest);
    expect(parseManifest(text, '0'.repeat(64))).toBeUndefined();
    for (const other of ['', '{}', 'null', text.slice(0, -5), JSON.stringify({ ...manifest, size: -1 })])
      expect(parseManifest(other, manifest.sha256), other).toBeUndefined();
  });
});

function isThere(tool: string): boolean {
  try {
    execFileSync('sh', ['-c', 'command -v "$1"', 'sh', tool]);
    return true;
  } catch {
    return false;
  }
}

/** By all threads of this process, from files or from the page cache. */
async function bytesRead(): Promise<number> {
  const file = await open('/proc/self/io');
  const text = await file.readFile('utf8');
  await file.close();
  return Number(/^rchar: (\d+)$/m.exec(text)?.[1]);
}
