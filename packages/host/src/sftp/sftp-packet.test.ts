import { randomBytes, randomInt } from 'node:crypto';
import { expect, it } from 'vitest';
import { readAnswer, readPacket, resizePacket, writePacketHead } from './sftp-packet.ts';

it('asks for a piece beyond 4 GiB', () => {
  expect(readPacket(7, Buffer.from('ab'), 2 ** 40 + 5, 32_768).toString('hex')).toBe(
    ['00000017', '05', '00000007', '00000002', '6162', '0000010000000005', '00008000'].join(''),
  );
});

it('brings bytes to a place beyond 4 GiB, and lets a file end there', () => {
  const head = writePacketHead(7, Buffer.from('ab'), 2 ** 40 + 5, 3);
  expect(head.toString('hex')).toBe(['0000001a', '06', '00000007', '00000002', '6162', '0000010000000005', '00000003'].join(''));
  expect(resizePacket(7, Buffer.from('ab'), 2 ** 40).toString('hex')).toBe(
    ['00000017', '0a', '00000007', '00000002', '6162', '00000001', '0000010000000000'].join(''),
  );
});

it('understands answers', () => {
  expect(readAnswer(Buffer.from('0200000003', 'hex'))).toEqual({ kind: 'version', version: 3, extensions: new Set() });
  const pairs = ['00000002', '6161', '00000001', '31', '00000001', '62', '00000000', '000000ff', '63'].join('');
  expect(readAnswer(Buffer.from(`0200000003${pairs}`, 'hex'))).toMatchObject({ extensions: new Set(['aa', 'b']) });
  expect(readAnswer(Buffer.from('c9000000070102', 'hex'))).toEqual({ kind: 'extended', number: 7, bytes: Buffer.from([1, 2]) });
  expect(readAnswer(Buffer.from('650000000700000002000000046e6f6e6500000000', 'hex'))).toEqual({
    kind: 'status',
    number: 7,
    code: 2,
    words: 'none',
  });
  expect(readAnswer(Buffer.from('6700000007000000024142', 'hex'))).toEqual({ kind: 'data', number: 7, bytes: Buffer.from('AB') });
  const attributes = ['0000000f', '0000000100000000', '0000000100000002', '000081a4', '0000000500000006'].join('');
  expect(readAnswer(Buffer.from(`6900000007${attributes}`, 'hex'))).toEqual({
    kind: 'attributes',
    number: 7,
    attributes: { size: 2 ** 32, mode: 0o100644, modified: 6 },
  });
});

it('understands nothing that is cut short', () => {
  const data = Buffer.from('6700000007000000024142', 'hex');
  const attributes = Buffer.from('69000000070000000f0000000100000000', 'hex');
  for (let length = 0; length < data.length; length++) expect(readAnswer(data.subarray(0, length))).toBeUndefined();
  expect(readAnswer(attributes)).toBeUndefined();
});

it('never throws, whatever it is given', () => {
  for (let round = 0; round < 1000; round++) {
    const bytes = randomBytes(randomInt(40));
    if (bytes.length > 0) bytes[0] = [2, 101, 102, 103, 105, 201, 250][randomInt(7)] ?? 0;
    expect(() => readAnswer(bytes)).not.toThrow();
  }
});
