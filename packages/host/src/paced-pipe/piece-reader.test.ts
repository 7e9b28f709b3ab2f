import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { readStream } from './piece-reader.ts';

it('hands on every piece in order, also when somebody else lets the stream flow again', async () => {
  const stream = new PassThrough();
  const seen: string[] = [];
  const reader = readStream(stream, (piece) => {
    seen.push(String(piece));
    return false;
  });
  for (const piece of ['a', 'b', 'c']) {
    stream.write(piece);
    await sleep(5);
    stream.resume();
    await sleep(5);
  }
  expect(seen, 'the first is still being used').toEqual(['a']);
  stream.end();
  let isOver = false;
  void reader.ended.then(() => (isOver = true));
  for (const expected of [
    ['a', 'b'],
    ['a', 'b', 'c'],
  ]) {
    await sleep(5);
    expect(isOver).toBe(false);
    reader.resume();
    expect(seen).toEqual(expected);
  }
  reader.resume();
  await reader.ended;
});
