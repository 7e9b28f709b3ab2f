import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openWebReader } from '@image-api/host';
import type { RangeReader, WebReaderOptions } from '@image-api/host';
import { makeCertificate, serveRange, startRangeServer } from './range-server.ts';
import type { RangeServer } from './range-server.ts';

const content = randomBytes(3 * 1024 * 1024 + 17);
const readers: RangeReader[] = [];
const servers: RangeServer[] = [];
let server: RangeServer;

beforeEach(async () => {
  server = await another(content);
});

afterEach(async () => {
  await Promise.all(readers.splice(0).map((reader) => reader.close()));
  await Promise.all(servers.splice(0).map((each) => each.close()));
});

describe('reading from a web server', () => {
  it('gives exactly the bytes asked for, many pieces at once', async () => {
    const reader = await open('/disk.raw?token=secret');
    expect(reader.size).toBe(content.length);
    expect(reader.identity).toBe(`size ${content.length}, etag "one"`);
    expect(reader.name).toBe(`${server.origin}/disk.raw`);
    const pieces = Array.from({ length: 40 }, (_, index) => [index * 70_001, 70_001] as const);
    const read = await Promise.all(pieces.map(([offset, length]) => reader.read(offset, length)));
    read.forEach((bytes, index) => expect(content.subarray(index * 70_001, (index + 1) * 70_001).equals(bytes)).toBe(true));
    expect(reader.bytesRead).toBe(40 * 70_001 + 1);
    expect(server.connections).toBeLessThanOrEqual(16);
  });

  it('reads the last byte, and nothing, and refuses what is beyond the end', async () => {
    const reader = await open();
    expect(Buffer.from(await reader.read(content.length - 1, 1))).toEqual(content.subarray(-1));
    expect(await reader.read(content.length, 0)).toHaveLength(0);
    await expect(reader.read(content.length - 1, 2)).rejects.toMatchObject({ code: 'INTERNAL' });
  });

  it('opens an empty file', async () => {
    server.content = Buffer.alloc(0);
    const reader = await open();
    expect(reader.size).toBe(0);
    await reader.check();
  });

  it('uses a connection again after the server has closed it', async () => {
    const reader = await open();
    server.cutConnections();
    expect(content.subarray(5, 15).equals(await reader.read(5, 10))).toBe(true);
  });

  it('goes on where a connection was lost, and tells', async () => {
    let cuts = 3;
    const told: (string | undefined)[] = [];
    const reader = await open('/x', { onTrouble: (trouble) => told.push(trouble?.code) });
    server.asked.length = 0;
    server.handle = (request, response) => {
      if (cuts-- <= 0) return false;
      const [, first] = /(\d+)-/.exec(request.headers.range ?? '') ?? [];
      sendPart(response, Number(first), content.length);
      response.write(content.subarray(Number(first), Number(first) + 700_000), () => setTimeout(() => response.destroy(), 20));
      return true;
    };
    expect(content.equals(await reader.read(0, content.length))).toBe(true);
    expect(told).toEqual(['UNREACHABLE', 'UNREACHABLE', 'UNREACHABLE', undefined]);
    expect(server.asked.map(({ headers }) => Number(/(\d+)-/.exec(headers.range ?? '')?.[1]))).toEqual([0, 700_000, 1_400_000, 2_100_000]);
    expect(server.asked[1]?.headers['if-range']).toBe('"one"');
  });

  it('tries again when the server is in trouble, no sooner than it asks', async () => {
    let refusals = 1;
    server.handle = (_request, response) => {
      if (refusals-- <= 0) return false;
      response.writeHead(503, { 'retry-after': '1' }).end();
      return true;
    };
    const startedAt = performance.now();
    await open();
    expect(performance.now() - startedAt).toBeGreaterThan(990);
  });

  it('gives up when its patience is at an end', async () => {
    server.handle = (_request, response) => !!response.writeHead(502).end();
    await expect(open('/x', { patienceMs: 700 })).rejects.toMatchObject({ code: 'READ_FAILED', retryable: true });
    expect(server.asked.length).toBeGreaterThan(1);
  });

  it('gives up a server that says nothing, and one that says almost nothing', async () => {
    server.handle = () => true;
    await expect(open('/x', { silenceMs: 200, patienceMs: 100 })).rejects.toMatchObject({ code: 'STALLED', retryable: true });
    server.handle = () => false;
    const reader = await open('/x', { silenceMs: 300, patienceMs: 100 });
    let drip: NodeJS.Timeout | undefined;
    server.handle = (_request, response) => {
      sendPart(response, 0, 100);
      drip = setInterval(() => response.write('x'), 50);
      return true;
    };
    await expect(reader.read(0, 100)).rejects.toMatchObject({ code: 'STALLED' });
    clearInterval(drip);
  });

  it('ends at once when it is cancelled or closed', async () => {
    const reader = await open();
    server.handle = () => true;
    const controller = new AbortController();
    const reading = reader.read(0, 10, controller.signal);
    setTimeout(() => controller.abort(), 50);
    await expect(reading).rejects.toMatchObject({ code: 'CANCELLED' });
    const other = reader.read(0, 10);
    setTimeout(() => void reader.close(), 50);
    await expect(other).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect(reader.read(0, 10)).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

describe('a web server that is not to be relied on', () => {
  it.each([
    [404, 'SOURCE_MISSING'],
    [401, 'AUTH_DENIED'],
    [403, 'SOURCE_UNREADABLE'],
    [400, 'READ_FAILED'],
  ])('a status of %i means %s', async (status, code) => {
    server.handle = (_request, response) => !!response.writeHead(status).end('sorry');
    await expect(open()).rejects.toMatchObject({ code, retryable: false, origin: 'source' });
  });

  it('is refused when it serves no ranges', async () => {
    server.handle = (_request, response) => !!response.writeHead(200, { 'content-length': content.length }).end(content);
    await expect(open()).rejects.toMatchObject({ code: 'UNSUPPORTED', message: expect.stringContaining('does not serve ranges') });
  });

  it('is refused when it compresses, sends other bytes, does not say which, or more than it says', async () => {
    const answers: readonly [Record<string, string>, string][] = [
      [{ 'content-range': `bytes 0-0/${content.length}`, 'content-encoding': 'gzip' }, 'UNSUPPORTED'],
      [{ 'content-range': `bytes 1-1/${content.length}` }, 'READ_FAILED'],
      [{ 'content-range': 'bytes 0-0/*' }, 'READ_FAILED'],
      [{ 'content-type': 'multipart/byteranges; boundary=x' }, 'READ_FAILED'],
      [{ 'content-range': `bytes 0-0/${content.length}`, 'transfer-encoding': 'chunked' }, 'READ_FAILED'],
    ];
    for (const [headers, code] of answers) {
      server.handle = (_request, response) => !!response.writeHead(206, headers).end(Buffer.alloc(2));
      await expect(open('/x', { patienceMs: 100 })).rejects.toMatchObject({ code });
    }
  });

  it('is refused when what answers is no web server', async () => {
    const other = createServer((socket) =>
      socket
        .resume()
        .on('error', () => undefined)
        .end('SSH-2.0-OpenSSH\r\n'),
    ).listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    await expect(openWebReader(`http://127.0.0.1:${port}/x`, { patienceMs: 100 })).rejects.toMatchObject({ code: 'READ_FAILED' });
    await new Promise((resolve) => other.close(resolve));
    await expect(openWebReader(`http://127.0.0.1:${port}/x`, { patienceMs: 100 })).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });

  it('is noticed to have changed: by its tag, its date, its size, or all of it instead of a part', async () => {
    const reader = await open();
    await reader.check();
    server.etag = '"two"';
    await expect(reader.read(0, 10)).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
    await expect(reader.check()).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
    server.handle = (request, response) => (delete request.headers['if-range'], serveRange(server, request, response), true);
    await expect(reader.read(0, 10)).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
  });

  it('is noticed to have changed when it has no tags', async () => {
    server.etag = undefined;
    server.modified = 'Fri, 20 Nov 2026 10:00:00 GMT';
    const reader = await open();
    server.modified = 'Fri, 20 Nov 2026 10:00:01 GMT';
    await expect(reader.read(0, 10)).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
    server.modified = 'Fri, 20 Nov 2026 10:00:00 GMT';
    await reader.read(0, 10);
    server.content = content.subarray(0, 100);
    await expect(reader.read(0, 10)).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
    await expect(reader.read(1000, 10)).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
  });
});

describe('redirection', () => {
  it('is followed within the server that was named, once for all', async () => {
    server.handle = (request, response) => request.url === '/a' && redirect(response, '/b');
    const reader = await open('/a');
    expect(content.subarray(0, 10).equals(await reader.read(0, 10))).toBe(true);
    expect(server.asked.map(({ url }) => url)).toEqual(['/a', '/b', '/b']);
  });

  it('is followed anew when what it led to is no longer good', async () => {
    let good = 1;
    server.handle = (request, response) => {
      if (request.url === '/a') return redirect(response, `/signed-${good}`);
      return request.url !== `/signed-${good}` && !!response.writeHead(403).end();
    };
    const reader = await open('/a');
    good = 2;
    expect(content.subarray(0, 10).equals(await reader.read(0, 10))).toBe(true);
  });

  it('to a private address is refused, however it is written', async () => {
    const other = await another(content);
    const places = [
      other.origin,
      `http://localhost:${other.port}`,
      `http://[::1]:${other.port}`,
      `http://[::ffff:127.0.0.1]:${other.port}`,
      `http://2130706433:${other.port}`,
      `http://0x7f.1:${other.port}`,
      'http://169.254.169.254/latest',
      'http://10.0.0.1',
    ];
    for (const place of places) {
      server.handle = (_request, response) => redirect(response, `${place}/x`);
      await expect(open(), place).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE', message: expect.stringContaining('redirects to') });
    }
    expect(other.connections).toBe(0);
  });

  it('to a name is refused when one of its addresses is private at the moment of connecting', async () => {
    const other = await another(content);
    server.handle = (_request, response) => redirect(response, `http://images.example:${other.port}/x`);
    const resolve: WebReaderOptions['resolve'] = (_host, done) =>
      done(null, [
        { address: '93.184.215.14', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ]);
    await expect(open('/x', { resolve })).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE' });
    expect(other.connections).toBe(0);
  });

  it('that never ends, leads nowhere, to another kind of address, or with a name in it is refused', async () => {
    for (const to of ['/again', 'file:///etc/passwd', 'ftp://example.com/', 'http://root:secret@example.com/', 'http://[']) {
      server.handle = (_request, response) => redirect(response, to);
      const failure: unknown = await open().catch((error: unknown) => error);
      expect(failure, to).toMatchObject({ code: 'SOURCE_UNREADABLE' });
      expect(String(failure)).not.toContain('secret');
    }
  });
});

describe.skipIf(!existsSync('/usr/bin/openssl'))('https', () => {
  it('needs a certificate that somebody vouches for, and is never left for http', async () => {
    const certificate = makeCertificate();
    const secure = await another(content, certificate);
    const before = { ca: process.env['SSL_CERT_FILE'], check: process.env['NODE_TLS_REJECT_UNAUTHORIZED'] };
    try {
      process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
      delete process.env['SSL_CERT_FILE'];
      await expect(openWebReader(`${secure.origin}/x`)).rejects.toMatchObject({ code: 'HOST_KEY', retryable: false });
      process.env['SSL_CERT_FILE'] = certificate.file;
      const reader = await openWebReader(`${secure.origin}/x`);
      readers.push(reader);
      expect(content.equals(await reader.read(0, content.length))).toBe(true);
      secure.handle = (_request, response) => redirect(response, `${server.origin}/x`);
      await expect(openWebReader(`${secure.origin}/y`)).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE' });
    } finally {
      restore('SSL_CERT_FILE', before.ca);
      restore('NODE_TLS_REJECT_UNAUTHORIZED', before.check);
      certificate.remove();
    }
  });
});

describe('an address that nobody typed', () => {
  it('is refused when it is private, whatever says so', async () => {
    const asked = server.asked.length;
    for (const href of [`${server.origin}/x`, `http://localhost:${server.port}/x`, `http://[::ffff:127.0.0.1]:${server.port}/x`])
      await expect(openWebReader(href, { told: true, patienceMs: 50 }), href).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE' });
    expect(server.asked).toHaveLength(asked);
  });

  it('is refused when its name leads to a private address at the moment of connecting', async () => {
    const resolve: WebReaderOptions['resolve'] = (_host, done) => done(null, [{ address: '127.0.0.1', family: 4 }]);
    const opening = openWebReader(`http://images.example:${server.port}/x`, { told: true, resolve, patienceMs: 50 });
    await expect(opening).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE' });
  });
});

it('refuses addresses that are none, or name a user', async () => {
  for (const href of ['ftp://example.com/x', 'nonsense', 'http://root:secret@127.0.0.1/x']) {
    const failure: unknown = await openWebReader(href).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'BAD_ENDPOINT' });
    expect(String(failure)).not.toContain('secret');
  }
});

async function another(bytes: Buffer, certificate?: ReturnType<typeof makeCertificate>): Promise<RangeServer> {
  const started = await startRangeServer(bytes, certificate);
  servers.push(started);
  return started;
}

async function open(path = '/x', options: WebReaderOptions = {}): Promise<RangeReader> {
  const reader = await openWebReader(`${server.origin}${path}`, options);
  readers.push(reader);
  return reader;
}

function sendPart(response: ServerResponse, from: number, to: number): void {
  const range = `bytes ${from}-${to - 1}/${content.length}`;
  response.writeHead(206, { etag: '"one"', 'content-range': range, 'content-length': to - from });
}

function redirect(response: ServerResponse, location: string): true {
  response.writeHead(302, { location }).end('elsewhere');
  return true;
}

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
