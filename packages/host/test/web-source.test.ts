import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openWebSource } from '@image-api/host';
import type { WebReaderOptions, WebSource } from '@image-api/host';
import { startRangeServer } from './range-server.ts';
import type { RangeServer } from './range-server.ts';

const mib = 2 ** 20;
const content = randomBytes(6 * mib + 17);
const opened: WebSource[] = [];
let server: RangeServer;

beforeEach(async () => {
  server = await startRangeServer(content);
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((source) => source.close()));
  await server.close();
});

async function open(options: WebReaderOptions = {}): Promise<WebSource> {
  const source = await openWebSource(`${server.origin}/disk.raw`, options);
  opened.push(source);
  return source;
}

/** A stretch, taken in by pieces of this length. */
async function take(source: WebSource, offset: number, length: number, piece: number): Promise<Buffer> {
  const stretch = source.stretch(offset, length);
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at += piece) await stretch.fill(bytes.subarray(at, Math.min(length, at + piece)));
  stretch.close();
  return bytes;
}

describe('a stretch of a file of a web server', () => {
  it('is taken in piece by piece, by one request, whatever their length', async () => {
    const source = await open();
    expect(source).toMatchObject({ size: content.length, ranges: true, isKnownAgain: true });
    const asked = server.asked.length;
    expect(content.subarray(5, 3_000_000).equals(await take(source, 5, 2_999_995, 70_001))).toBe(true);
    expect(server.asked.length).toBe(asked + 1);
    const both = await Promise.all([take(source, 0, 3 * mib, mib), take(source, 3 * mib, content.length - 3 * mib, 999)]);
    expect(Buffer.concat(both).equals(content)).toBe(true);
    expect(source.bytesRead).toBe(content.length + 2_999_995 + 1);
  });

  it('leaves its connection to the next one', async () => {
    const source = await open();
    for (let at = 0; at < 5 * mib; at += mib) await take(source, at, mib, 100_000);
    expect(server.connections).toBe(1);
  });

  it('goes on where its connection was lost', async () => {
    let cuts = 2;
    server.handle = (request, response) => {
      const [first = 0, last = 0] = (/(\d+)-(\d+)/.exec(request.headers.range ?? '')?.slice(1) ?? []).map(Number);
      if (last === 0 || cuts-- <= 0) return false;
      const range = `bytes ${first}-${last}/${content.length}`;
      response.writeHead(206, { etag: '"one"', 'content-range': range, 'content-length': last - first + 1 });
      response.write(content.subarray(first, first + 700_000), () => setTimeout(() => response.destroy(), 20));
      return true;
    };
    expect(content.equals(await take(await open(), 0, content.length, mib))).toBe(true);
    expect(server.asked.slice(1).map(({ headers }) => headers.range?.split('-')[0])).toEqual(['bytes=0', 'bytes=700000', 'bytes=1400000']);
  });

  it('stays with the server while nobody asks for more of it, however long that takes', async () => {
    server.content = randomBytes(64 * mib);
    const source = await open({ silenceMs: 300, patienceMs: 0 });
    const stretch = source.stretch(0, 64 * mib);
    const piece = Buffer.alloc(mib);
    await stretch.fill(piece);
    await sleep(1000);
    expect(server.asked.at(-1)?.socket.writableLength, 'bytes that the server could not send').toBeGreaterThan(0);
    await stretch.fill(piece);
    expect(server.content.subarray(mib, 2 * mib).equals(piece)).toBe(true);
    stretch.close();
  });

  it('is given up when nothing comes, and when it is closed', async () => {
    const source = await open({ silenceMs: 200, patienceMs: 0 });
    server.handle = (request, response) => {
      const range = `${request.headers.range?.replace('=', ' ') ?? ''}/${content.length}`;
      return response.writeHead(206, { etag: '"one"', 'content-range': range }).write('x');
    };
    await expect(source.stretch(0, mib).fill(Buffer.alloc(mib))).rejects.toMatchObject({ code: 'STALLED' });
    const other = source.stretch(0, mib).fill(Buffer.alloc(mib));
    setTimeout(() => void source.close(), 50);
    await expect(other).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('is not of what was put in its place meanwhile', async () => {
    const source = await open();
    server.etag = '"two"';
    await expect(take(source, 0, mib, mib)).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
  });

  it('of which a server tells two lengths is refused', async () => {
    const source = await open();
    server.handle = (request, response) => {
      const range = `${request.headers.range?.replace('=', ' ') ?? ''}/${content.length}`;
      return !!response.writeHead(206, { etag: '"one"', 'content-range': range, 'content-length': 5 }).end('xxxxx');
    };
    await expect(take(source, 0, mib, mib)).rejects.toMatchObject({ code: 'READ_FAILED' });
  });
});

describe('a stretch so long that it has its connection to itself', () => {
  const long = randomBytes(40 * mib + 5);
  beforeEach(() => {
    server.content = long;
  });

  it('is taken in piece by piece, several at once, whatever their length', async () => {
    const source = await open();
    const [one, other] = await Promise.all([take(source, 0, 20 * mib, 100_003), take(source, 20 * mib, 20 * mib + 5, mib)]);
    expect(Buffer.concat([one, other]).equals(long)).toBe(true);
    expect(long.subarray(7, 9 * mib).equals(await take(source, 7, 9 * mib - 7, 3 * mib))).toBe(true);
  });

  it('goes on where its connection was lost, and ends when it is given up', async () => {
    const source = await open();
    const stretch = source.stretch(0, long.length);
    const bytes = Buffer.alloc(long.length);
    for (let at = 0; at < long.length; at += mib) {
      if (at === 10 * mib) server.cutConnections();
      await stretch.fill(bytes.subarray(at, Math.min(long.length, at + mib)));
    }
    expect(bytes.equals(long)).toBe(true);
    const ours = new AbortController();
    const other = source.stretch(0, long.length);
    await other.fill(bytes.subarray(0, mib), ours.signal);
    ours.abort();
    await expect(other.fill(bytes.subarray(0, mib), ours.signal)).rejects.toMatchObject({ code: 'CANCELLED' });
    other.close();
  });

  it('is found to be shorter than it was said to be', async () => {
    const source = await open({ patienceMs: 0 });
    server.handle = (_request, response) => {
      const range = `bytes 0-${10 * mib - 1}/${long.length}`;
      const head = ['HTTP/1.1 206 Partial Content', 'etag: "one"', `content-range: ${range}`, `content-length: ${10 * mib}`, '', ''];
      response.socket?.end(Buffer.concat([Buffer.from(head.join('\r\n')), long.subarray(0, 10 * mib - 1)]));
      return true;
    };
    await expect(take(source, 0, 10 * mib, mib)).rejects.toMatchObject({ code: 'UNREACHABLE', retryable: true });
  });
});

describe('a file that its server sends only as a whole', () => {
  it('is one stretch', async () => {
    server.handle = (_request, response) => !!response.writeHead(200, { 'content-length': content.length }).end(content);
    const source = await open();
    expect(source).toMatchObject({ size: content.length, ranges: false, isKnownAgain: false });
    expect(content.equals(await take(source, 0, content.length, mib))).toBe(true);
    expect(server.asked.at(-1)?.headers.range).toBeUndefined();
  });

  it('may be one whose length is not told', async () => {
    server.handle = (_request, response) => !!response.writeHead(200).end(content);
    const source = await open();
    expect(source.size).toBeNaN();
    const stretch = source.stretch(0, Infinity);
    const bytes = Buffer.alloc(content.length + 1000);
    expect(await stretch.fill(bytes)).toBe(content.length);
    expect(content.equals(bytes.subarray(0, content.length))).toBe(true);
  });

  it('is refused when it comes packed', async () => {
    server.handle = (_request, response) => !!response.writeHead(200, { 'content-encoding': 'gzip' }).end('x');
    await expect(open()).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });
});

it('is not known again by a date that is too near to be only its own', async () => {
  server.etag = undefined;
  server.modified = new Date().toUTCString();
  expect((await open()).isKnownAgain).toBe(false);
  server.modified = 'Fri, 20 Nov 2015 10:00:00 GMT';
  const source = await open();
  expect(source.isKnownAgain).toBe(true);
  expect(source.identity).toBe(`size ${content.length}, modified Fri, 20 Nov 2015 10:00:00 GMT`);
});
