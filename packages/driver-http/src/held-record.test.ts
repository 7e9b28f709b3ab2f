import { expect, it } from 'vitest';
import { decodeRecord, encodeRecord, recordLength, recordPlaces } from './held-record.ts';
import type { HeldRecord } from './held-record.ts';

const record: HeldRecord = { sequence: 7, identity: 'size 9, etag "a"', size: 9, held: [{ from: 1, to: 5 }] };

it('is read back as it was written, whatever follows', () => {
  const bytes = encodeRecord(record);
  expect(decodeRecord(bytes)).toEqual(record);
  expect(decodeRecord(Buffer.concat([bytes, Buffer.from('"older"}\n'), Buffer.alloc(100)]))).toEqual(record);
});

it('is none where anything of it is missing or another', () => {
  const bytes = encodeRecord(record);
  for (let at = 0; at < bytes.length - 1; at++) {
    const torn = Buffer.from(bytes);
    torn.fill(0, at, at + 1);
    expect(decodeRecord(torn), `byte ${at}`).toBeUndefined();
  }
  expect(decodeRecord(Buffer.alloc(recordLength))).toBeUndefined();
  expect(decodeRecord(Buffer.alloc(0))).toBeUndefined();
});

it('has room, however much came in pieces: then the longest are told', () => {
  const held = Array.from({ length: 5000 }, (_, index) => ({ from: 2 ** 52 + index * 1000, to: 2 ** 52 + index * 1000 + 1 + (index % 7) }));
  const bytes = encodeRecord({ ...record, held });
  expect(bytes.length).toBeLessThan(recordLength);
  expect(decodeRecord(bytes)?.held.every(({ from, to }) => to - from === 7)).toBe(true);
});

it('lies behind the image, apart from the other one', () => {
  expect(recordPlaces(0)).toEqual([0, recordLength]);
  expect(recordPlaces(recordLength + 1)).toEqual([2 * recordLength, 3 * recordLength]);
});
