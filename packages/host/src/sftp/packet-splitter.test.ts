import { randomInt } from 'node:crypto';
import { expect, it } from 'vitest';
import { PacketSplitter } from './packet-splitter.ts';

it('finds the same packets however they are cut', () => {
  const packets = Array.from({ length: 50 }, (_, index) => Buffer.alloc(1 + ((index * 37) % 300), index));
  const stream = Buffer.concat(packets.flatMap((packet) => [Buffer.from([0, 0, packet.length >> 8, packet.length & 255]), packet]));
  for (let round = 0; round < 20; round++) {
    const found: Buffer[] = [];
    const splitter = new PacketSplitter((packet) => found.push(Buffer.from(packet)));
    for (let at = 0; at < stream.length;) {
      const to = at + randomInt(1, 500);
      splitter.add(stream.subarray(at, to));
      at = to;
    }
    expect(found).toEqual(packets);
  }
});

it('refuses a packet that is empty or too long', () => {
  const splitter = (): PacketSplitter => new PacketSplitter(() => undefined);
  expect(() => splitter().add(Buffer.from([0, 0, 0, 0]))).toThrow(RangeError);
  expect(() => splitter().add(Buffer.from('hello'))).toThrow(RangeError);
});
