import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TransferReport } from '@image-api/driver';
import { createHosts } from '@image-api/host';
import type { Hosts } from '@image-api/host';
import { makeCertificate, serveRange, startRangeServer } from '../../host/test/range-server.ts';
import type { RangeServer } from '../../host/test/range-server.ts';
import { http } from '../src/index.ts';
import type { HttpOptions } from '../src/index.ts';
import { ask, failureOf, rangeOf, staging } from './copying.ts';
import type { Wish } from './copying.ts';

const mib = 2 ** 20;
const image = randomBytes(24 * mib + 321);
const sha256 = `sha256:${createHash('sha256').update(image).digest('hex')}`;
let directory: string;
let hosts: Hosts;
let server: RangeServer;
let to: string;
let count = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'driver-http-'));
  hosts = createHosts();
});
afterAll(async () => {
  await hosts.close();
  await rm(directory, { recursive: true, force: true });
});
beforeEach(async () => {
  server = await startRangeServer(image);
  to = await staging(join(directory, `to-${++count}.part`));
});
afterEach(() => server.close());

async function copy(wish: Wish = {}, options: HttpOptions = {}, href = `${server.origin}/disk.raw`): Promise<TransferReport> {
  const { request, context } = ask(hosts, href, to, wish);
  return http(options).transfer(request, context);
}

/** Begins a good answer and breaks off after so many bytes. */
function sendPart(request: IncomingMessage, response: ServerResponse, bytes: number): true {
  const { first, last } = rangeOf(request);
  const headers = { etag: '"one"', 'content-range': `bytes ${first}-${last}/${image.length}`, 'content-length': last - first + 1 };
  response.writeHead(206, headers);
  response.write(server.content.subarray(first, Math.min(last + 1, first + bytes)), () => setTimeout(() => response.destroy(), 30));
  return true;
}

const expectImage = (): void => expect(readFileSync(to).equals(image), 'the same bytes').toBe(true);

describe('an image of a web server', () => {
  it('comes in as many ranges at once as were asked for, each byte once', async () => {
    const { counters } = await copy({}, { connections: 3 });
    expectImage();
    expect(server.connections).toBe(3);
    const asked = server.asked.slice(1).map(rangeOf);
    expect(asked.reduce((sum, { first, last }) => sum + last - first + 1, 0)).toBe(image.length);
    expect(new Set(asked.map(({ first }) => first)).size).toBe(asked.length);
    expect(counters).toMatchObject({ bytesLogical: image.length, bytesSkipped: 0, bytesSent: image.length + 1 });
  });

  it('has holes where it has zeros', async () => {
    server.content = Buffer.concat([randomBytes(mib), Buffer.alloc(60 * mib), randomBytes(70_000), Buffer.alloc(8 * mib + 5)]);
    await copy();
    expect(readFileSync(to).equals(server.content)).toBe(true);
    expect(statSync(to).blocks * 512).toBeLessThan(1.5 * mib);
  });

  it('tells its digest where it is wanted and nobody knows it, in whatever order it came', async () => {
    let held = 0;
    // The first range is late, so all others come before it.
    server.handle = (request, response) => {
      if (rangeOf(request).first !== 0 || rangeOf(request).last === 0 || held++ > 0) return false;
      setTimeout(() => serveRange(server, request, response), 500);
      return true;
    };
    expect((await copy({ verify: 'sha256' })).fromDigest).toBe(sha256);
    expectImage();
    expect((await copy({ verify: 'size' })).fromDigest).toBeUndefined();
  });

  it('is fetched over as many connections as its server allows', async () => {
    let under = 0;
    let refused = 0;
    server.handle = (request, response) => {
      if (under >= 2) return ++refused > 0 && !!response.writeHead(503).end();
      under += 1;
      response.on('close', () => (under -= 1));
      // Longer, all in all, than those that were refused go on asking.
      setTimeout(() => serveRange(server, request, response), rangeOf(request).last === 0 ? 0 : 2500);
      return true;
    };
    await copy({}, { connections: 4 });
    expectImage();
    expect(refused).toBeGreaterThan(3);
  }, 30_000);

  it('is found to be another one than was planned from', async () => {
    const facts = { size: image.length, identity: `size ${image.length}, etag "zero"` };
    expect(await failureOf(copy({ facts }))).toMatchObject({ code: 'SOURCE_CHANGED', untouched: true, driver: 'http' });
    expect(await failureOf(copy({ facts: { size: 5 } }))).toMatchObject({ code: 'SOURCE_CHANGED', untouched: true });
    expect(statSync(to).size).toBe(0);
    await copy({ facts: { size: image.length, identity: `size ${image.length}, etag "one"` } });
    expectImage();
  });

  it('is found to change while it comes', async () => {
    server.handle = (request) => {
      if (rangeOf(request).first >= 8 * mib) server.etag = '"two"';
      return false;
    };
    const error = await failureOf(copy({}, { connections: 1 }));
    expect(error).toMatchObject({ code: 'SOURCE_CHANGED', origin: 'source', untouched: false, retryable: false });
  });

  it('that comes too slowly is given up', async () => {
    server.handle = (request, response) => {
      if (rangeOf(request).last === 0) return false;
      const { first, last } = rangeOf(request);
      const headers = { etag: '"one"', 'content-range': `bytes ${first}-${last}/${image.length}`, 'content-length': last - first + 1 };
      response.writeHead(206, headers).write('x');
      return true;
    };
    expect(await failureOf(copy({}, { stallMs: 300 }))).toMatchObject({ code: 'STALLED', retryable: true, untouched: false });
  }, 30_000);

  it('is not fetched from where a web server may not send us', async () => {
    server.handle = (_request, response) => !!response.writeHead(302, { location: 'http://169.254.169.254/latest' }).end();
    expect(await failureOf(copy())).toMatchObject({ code: 'SOURCE_UNREADABLE', untouched: true });
  });
});

it('comes over https from a server that somebody vouches for, and from no other', async (context) => {
  context.skip(!existsSync('/usr/bin/openssl'), 'openssl is missing');
  const certificate = makeCertificate();
  const secure = await startRangeServer(image, certificate);
  const before = process.env['SSL_CERT_FILE'];
  try {
    delete process.env['SSL_CERT_FILE'];
    expect(await failureOf(copy({}, {}, `${secure.origin}/x`))).toMatchObject({ code: 'HOST_KEY', untouched: true });
    process.env['SSL_CERT_FILE'] = certificate.file;
    await copy({}, { connections: 2 }, `${secure.origin}/x`);
    expectImage();
    expect(secure.connections).toBeGreaterThanOrEqual(2);
  } finally {
    if (before === undefined) delete process.env['SSL_CERT_FILE'];
    else process.env['SSL_CERT_FILE'] = before;
    certificate.remove();
    await secure.close();
  }
});

describe('a copy that was interrupted', () => {
  /** Lets so many bytes of the image go, then breaks every connection off. */
  function cutAfter(bytes: number): void {
    let left = bytes;
    server.handle = (request, response) => {
      const { first, last } = rangeOf(request);
      if (last === 0) return false;
      if (left <= 0) return !!response.writeHead(500).end();
      const part = Math.min(left, last - first + 1);
      left -= part;
      return part === last - first + 1 ? false : sendPart(request, response, part);
    };
  }

  it('goes on, and fetches little again', async () => {
    cutAfter(17 * mib);
    const error = await failureOf(copy());
    expect(error).toMatchObject({ code: 'READ_FAILED', retryable: true, untouched: false });
    server.handle = () => false;
    const { counters } = await copy({ held: 'resume' });
    expectImage();
    expect(counters.bytesSkipped).toBeGreaterThan(16 * mib);
    expect(counters.bytesSent).toBe(image.length - (counters.bytesSkipped ?? 0) + 1);
  }, 30_000);

  it('does not go on from what is of another content', async () => {
    cutAfter(9 * mib);
    await failureOf(copy());
    server.handle = () => false;
    server.etag = '"two"';
    expect(await failureOf(copy({ held: 'resume' }))).toMatchObject({ code: 'SOURCE_CHANGED', retryable: false });
  }, 30_000);

  it('begins anew where nothing says what is there', async () => {
    await writeFile(to, Buffer.alloc(image.length, 'old'));
    expect((await copy({ held: 'resume' })).counters.bytesSkipped).toBe(0);
    expectImage();
  });

  it('begins anew where the digest is wanted and nobody knows it', async () => {
    cutAfter(9 * mib);
    await failureOf(copy());
    server.handle = () => false;
    const { fromDigest, counters } = await copy({ held: 'resume', verify: 'sha256' });
    expect(fromDigest).toBe(sha256);
    expect(counters.bytesSkipped).toBe(0);
    expectImage();
  }, 30_000);
});

describe('a server that sends no parts', () => {
  const headers = { etag: '"one"' };

  it.each(['length', 'chunks'])('is read in one stream, its end told by %s', async (end) => {
    server.handle = (_request, response) => {
      response.writeHead(200, { ...headers, ...(end === 'length' && { 'content-length': image.length }) });
      response.write(image.subarray(0, 5 * mib));
      response.end(image.subarray(5 * mib));
      return true;
    };
    expect(await copy({ verify: 'sha256' })).toMatchObject({ fromSize: image.length, fromDigest: sha256 });
    expectImage();
  });

  it.each(['length', 'chunks'])('may take its time, its end told by %s', async (end) => {
    server.handle = (_request, response) => {
      response.writeHead(200, { ...headers, ...(end === 'length' && { 'content-length': image.length }) });
      // More than is worth a record, and longer than one may be waited for.
      response.write(image.subarray(0, 12 * mib), () => setTimeout(() => response.end(image.subarray(12 * mib)), 400));
      return true;
    };
    await copy();
    expectImage();
  });

  it.each(['length', 'chunks'])('is found to have broken off, its end told by %s; then all is fetched again', async (end) => {
    let breaks = true;
    server.handle = (_request, response) => {
      response.writeHead(200, { ...headers, ...(end === 'length' && { 'content-length': image.length }) });
      if (!breaks) return !!response.end(image);
      response.write(image.subarray(0, 5 * mib), () => setTimeout(() => response.destroy(), 50));
      return true;
    };
    expect(await failureOf(copy())).toMatchObject({ code: 'UNREACHABLE', retryable: true, untouched: false });
    breaks = false;
    await copy({ held: 'resume' });
    expectImage();
  });

  it('is refused when it does not tell where the image ends', async () => {
    server.handle = (_request, response) => {
      response.socket?.end(`HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(1000)}`);
      return true;
    };
    expect(await failureOf(copy())).toMatchObject({ code: 'UNSUPPORTED', untouched: true });
  });

  it('is not offered where a copy must be one that can go on', async () => {
    const { request, context } = ask(hosts, `${server.origin}/x`, to, { needs: ['resume'] });
    expect(await http().offer(request, context)).toMatchObject({ accept: false, reason: expect.stringContaining('only as a whole') });
  });
});

it.each([
  [{ toFormat: 'qcow2' as const }, 'cannot convert to qcow2'],
  [{ held: 'delta' as const }, 'cannot fetch only what differs'],
  [{ priority: 'idle' as const }, 'cannot copy at idle priority'],
])('refuses what it cannot do: %j', async (wish, reason) => {
  const { request, context } = ask(hosts, `${server.origin}/x`, to, wish);
  expect(await http().offer(request, context)).toEqual({ accept: false, reason });
});
