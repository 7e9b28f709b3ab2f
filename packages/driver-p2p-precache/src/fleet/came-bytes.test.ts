import { expect, it } from 'vitest';
import { CameBytes } from './came-bytes.ts';

const manifest = { sha256: '', size: 1000, format: 'raw' as const, infohash: '', pieceLength: 100, zeroPieces: [[0, 2]] as const };
const content = { manifest, torrent: new Uint8Array() };
const afresh = { part: 0, cloned: false };

it('counts what came, from where, and what did not have to', () => {
  const came = new CameBytes();
  came.begin();
  came.found(content, { verified: 200, downloaded: 0 }, afresh);
  came.note({ downloaded: 820, wasted: 20 }, 300);
  expect(came.report).toEqual({ fromOrigin: 300, fromPeers: 520, savedByZeros: 200, savedByOlder: 0, resumed: 0, wasted: 20 });
});

it('counts on when it is tried again, also what nobody told before the first try was over', () => {
  const came = new CameBytes();
  came.begin();
  came.found(content, { verified: 200, downloaded: 0 }, afresh);
  came.note({ downloaded: 100, wasted: 5 }, 60);
  came.begin();
  came.found(content, { verified: 500, downloaded: 0 }, { part: 500, cloned: false });
  came.note({ downloaded: 500, wasted: 0 }, 40);
  expect(came.report).toMatchObject({ fromOrigin: 100, fromPeers: 700, savedByZeros: 200, resumed: 0, wasted: 5 });
  expect(came.all).toBe(800);
});
