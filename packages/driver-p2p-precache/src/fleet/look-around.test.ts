import { expect, it } from 'vitest';
import { parseSurroundings } from './look-around.ts';

const sha256 = 'ab'.repeat(32);

it('reads where the cache is, how the host was reached, and how much room there is', () => {
  expect(parseSurroundings('directory /srv/my cache\nssh ::ffff:192.0.2.1 50122 192.0.2.7 22\nspace 100 4096\n')).toEqual({
    directory: '/srv/my cache',
    address: '192.0.2.7',
    ourAddress: '192.0.2.1',
    free: 409_600,
    older: [],
  });
});

it('reads of an image that is there in which state it was checked', () => {
  const said = `directory /c\nimage 10 77 1700000000.123456789\nmanifest "sha256":"${sha256}"\nchecked {"inode":"77","modifiedNs":"1700000000123456789"}\n`;
  const { image } = parseSurroundings(said);
  expect(image).toEqual({
    size: 10,
    sha256,
    state: { inode: '77', modifiedNs: '1700000000123456789' },
    checked: '{"inode":"77","modifiedNs":"1700000000123456789"}',
  });
  expect(image?.checked).toBe(JSON.stringify(image?.state));
});

it('reads what an earlier try left, and which older images there are', () => {
  expect(parseSurroundings(`part 1000 8 512\nolder ${sha256} 20 262144 1700000000\n`)).toMatchObject({
    part: 4096,
    older: [{ sha256, size: 20, pieceLength: 262_144, usedAt: 1_700_000_000 }],
  });
});
