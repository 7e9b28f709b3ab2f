import { randomBytes } from 'node:crypto';
import { mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { encode } from 'bencodec';
import { describe, expect, it } from 'vitest';
import { hashImage, manifestOf } from '../src/index.ts';
import { formatPublished, parsePublished } from '../src/published/published-image.ts';
import type { PublishedImage } from '../src/published/published-image.ts';
import { readPublished } from '../src/published/read-published.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const mib = 2 ** 20;
const options = { signal: new AbortController().signal, patienceMs: 100 };
const unfit = expect.objectContaining({ code: 'VERIFY_FAILED', origin: 'source', untouched: true }) as Error;

interface Given {
  readonly directory: string;
  readonly published: PublishedImage;
  readonly sha256: string;
  readonly text: string;
}

/** An image with a hole in it, and its manifest. */
async function given(): Promise<Given> {
  const directory = await temporaryDirectory();
  const path = join(directory, 'image.raw');
  await writeFile(path, randomBytes(mib + 5));
  await truncate(path, 3 * mib + 7);
  const hashes = await hashImage(path);
  const { manifest, torrent } = manifestOf(hashes);
  const published = { hashes, manifest, torrent };
  return { directory, published, sha256: hashes.sha256, text: formatPublished(published) };
}

describe('a published manifest', () => {
  it('is read as what was written', async () => {
    const { published, sha256, text } = await given();
    expect(parsePublished(text, sha256, 'it')).toEqual(published);
    const origin = 'https://images.example.org/a.raw';
    expect(parsePublished(formatPublished({ ...published, origin }), sha256, 'it').origin).toBe(origin);
  });

  it('gives nothing but what follows from the hashes, whatever else it says', async () => {
    const { published, sha256, text } = await given();
    const more = {
      ...(JSON.parse(text) as object),
      zeroPieces: [[0, 12]],
      path: '../../etc',
      peers: ['10.0.0.1:1'],
      trackers: ['http://x/'],
    };
    expect(parsePublished(JSON.stringify(more), sha256, 'it')).toEqual(published);
  });

  it('is refused where any of it is another image', async () => {
    const { published, sha256, text } = await given();
    const changed = (over: object): string => JSON.stringify({ ...(JSON.parse(text) as object), ...over });
    const [one = 0, ...rest] = published.torrent;
    const tampered = (at: number): string => {
      const bytes = Buffer.from(published.torrent);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      return bytes.toString('base64');
    };
    const wrong = [
      '',
      'null',
      '[]',
      '{',
      text.slice(0, -10),
      changed({ sha256: '0'.repeat(64) }),
      changed({ size: published.manifest.size + 1 }),
      changed({ size: 2 ** 52 }),
      changed({ size: -1 }),
      changed({ pieceLength: 1 }),
      changed({ pieceLength: 0 }),
      changed({ infohash: '0'.repeat(40) }),
      changed({ torrent: tampered(published.torrent.length - 20) }),
      changed({ torrent: tampered(published.torrent.length - 3) }),
      changed({ torrent: tampered(20) }),
      changed({ torrent: Buffer.from([one, ...rest, 0]).toString('base64') }),
      changed({ torrent: '' }),
      changed({ torrent: 7 }),
      changed({ torrent: '%%%' }),
      changed({ origin: 'file:///etc/shadow' }),
      changed({ origin: '/etc/shadow' }),
      changed({ origin: 7 }),
    ];
    for (const one of wrong) expect(() => parsePublished(one, sha256, 'it'), one.slice(0, 80)).toThrow(unfit);
    expect(() => parsePublished(text, '0'.repeat(64), 'it')).toThrow(unfit);
  });

  it('is refused with a torrent that names trackers, web seeds, files or another name', async () => {
    const { published, sha256, text } = await given();
    const { size, pieceLength } = published.manifest;
    const { pieces } = published.hashes;
    const info = { length: size, name: sha256, 'piece length': pieceLength, pieces, private: 1 };
    const torrents = [
      { announce: 'http://tracker.example.org/announce', info },
      { info, 'url-list': 'http://seed.example.org/' },
      { info, nodes: [['10.0.0.1', 6881]] },
      { info: { ...info, name: '../../etc/passwd' } },
      { info: { ...info, private: 0 } },
      { info: { ...info, files: [{ length: size, path: ['..', 'x'] }] } },
    ];
    for (const torrent of torrents) {
      const bytes = Buffer.from(encode(torrent as Parameters<typeof encode>[0]));
      const manifest = JSON.stringify({ ...(JSON.parse(text) as object), torrent: bytes.toString('base64') });
      expect(() => parsePublished(manifest, sha256, 'it'), JSON.stringify(torrent).slice(0, 60)).toThrow(unfit);
    }
  });
});

describe('readPublished', () => {
  it('finds the torrent beside a manifest, as in the cache', async () => {
    const { directory, published, sha256 } = await given();
    const path = join(directory, 'manifest.json');
    await writeFile(path, JSON.stringify(published.manifest));
    await expect(readPublished(path, sha256, options)).rejects.toThrow(unfit);
    await writeFile(join(directory, 'image.torrent'), published.torrent);
    expect(await readPublished(path, sha256, options)).toEqual(published);
  });

  it('reads no more than a manifest can have', async () => {
    const { directory, sha256, text } = await given();
    const path = join(directory, 'large.json');
    await writeFile(path, text);
    await truncate(path, 33 * mib);
    await expect(readPublished(path, sha256, options)).rejects.toThrow(unfit);
  });

  it('waits for no pipe, and reads no directory', async () => {
    const { directory, sha256 } = await given();
    execFileSync('mkfifo', [join(directory, 'pipe')]);
    await mkdir(join(directory, 'directory'));
    await symlink('nowhere', join(directory, 'broken'));
    for (const [name, code] of [
      ['pipe', 'SOURCE_KIND'],
      ['directory', 'SOURCE_KIND'],
      ['broken', 'SOURCE_MISSING'],
      ['absent', 'SOURCE_MISSING'],
    ] as const)
      await expect(readPublished(join(directory, name), sha256, options), name).rejects.toMatchObject({ code, untouched: true });
  });
});
