import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import * as http from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { openWebReader } from '@image-api/host';
import { makeCertificate, startRangeServer } from './range-server.ts';
import type { Certificate, RangeServer } from './range-server.ts';

const content = randomBytes(200_000);
const variables = [
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'all_proxy',
  'ALL_PROXY',
  'SSL_CERT_FILE',
];
const before = Object.fromEntries(variables.map((name) => [name, process.env[name]]));
const sockets = new Set<Socket>();
const asked: { readonly what: string; readonly login: string | undefined }[] = [];
let proxy: http.Server;
let address: string;
let server: RangeServer;

/** A proxy as there are many: it passes requests on, and opens tunnels. */
beforeAll(async () => {
  proxy = http.createServer((request, response) => {
    note(request);
    const passed = http.request(request.url ?? '', { headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    request.pipe(passed);
  });
  proxy.on('connect', (request: http.IncomingMessage, client: Socket) => {
    note(request);
    const [host = '', port] = (request.url ?? '').split(':');
    const far = connect(Number(port), host, () => client.write('HTTP/1.1 200 OK\r\n\r\n'));
    for (const socket of [client, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    far.pipe(client).pipe(far);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  address = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
});

beforeEach(async () => {
  for (const name of variables) delete process.env[name];
  asked.length = 0;
  server = await startRangeServer(content);
});

afterEach(async () => {
  await server.close();
  for (const [name, value] of Object.entries(before)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});

afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  proxy.closeAllConnections();
  proxy.close();
  await once(proxy, 'close');
});

it('a proxy that the environment names is gone through, and logged in to', async () => {
  process.env['http_proxy'] = `http://us:p%40ss@${address}`;
  await readsWell(`${server.origin}/disk`);
  expect(asked[0]).toEqual({ what: `GET ${server.origin}/disk`, login: `Basic ${Buffer.from('us:p@ss').toString('base64')}` });
});

it('a server that the environment excepts is gone to directly', async () => {
  process.env['http_proxy'] = `http://${address}`;
  process.env['no_proxy'] = '127.0.0.1';
  await readsWell(`${server.origin}/disk`);
  expect(asked).toEqual([]);
});

it('a proxy that is asked does not lead where only it would know the address', async () => {
  process.env['http_proxy'] = `http://${address}`;
  server.handle = (_request, response) => !!response.writeHead(302, { location: 'http://images.example/disk' }).end();
  await expect(openWebReader(`${server.origin}/disk`)).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE' });
});

it.skipIf(!existsSync('/usr/bin/openssl'))('https goes through a tunnel, to the server whose certificate it is', async () => {
  const certificate: Certificate = makeCertificate();
  const secure = await startRangeServer(content, certificate);
  try {
    process.env['https_proxy'] = `http://${address}`;
    await expect(openWebReader(`${secure.origin}/disk`)).rejects.toMatchObject({ code: 'HOST_KEY' });
    process.env['SSL_CERT_FILE'] = certificate.file;
    await readsWell(`${secure.origin}/disk`);
    expect(asked.at(-1)?.what).toBe(`CONNECT 127.0.0.1:${secure.port}`);
  } finally {
    await secure.close();
    certificate.remove();
  }
});

it.skipIf(!existsSync('/usr/bin/openssl'))('through a tunnel, too, the certificate of another is refused', async () => {
  const certificate: Certificate = makeCertificate('DNS:localhost');
  const secure = await startRangeServer(content, certificate);
  try {
    process.env['https_proxy'] = `http://${address}`;
    process.env['SSL_CERT_FILE'] = certificate.file;
    await expect(openWebReader(`${secure.origin}/disk`)).rejects.toMatchObject({ code: 'HOST_KEY' });
  } finally {
    await secure.close();
    certificate.remove();
  }
});

it.skipIf(!existsSync('/usr/bin/openssl'))('through a tunnel, too, a redirection to a private address is refused', async () => {
  const certificate: Certificate = makeCertificate();
  const secure = await startRangeServer(content, certificate);
  try {
    process.env['https_proxy'] = `http://${address}`;
    process.env['SSL_CERT_FILE'] = certificate.file;
    secure.handle = (_request, response) => !!response.writeHead(302, { location: 'https://images.example/disk' }).end();
    const resolve = (_host: string, done: (error: null, addresses: { address: string; family: number }[]) => void): void =>
      done(null, [{ address: '10.0.0.1', family: 4 }]);
    await expect(openWebReader(`${secure.origin}/disk`, { resolve })).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE' });
    expect(asked.filter(({ what }) => !what.endsWith(`:${secure.port}`))).toEqual([]);
  } finally {
    await secure.close();
    certificate.remove();
  }
});

it('a proxy that does not answer is told of', async () => {
  process.env['http_proxy'] = 'http://127.0.0.1:1';
  await expect(openWebReader(`${server.origin}/disk`, { patienceMs: 50 })).rejects.toMatchObject({ code: 'UNREACHABLE' });
});

async function readsWell(href: string): Promise<void> {
  const reader = await openWebReader(href);
  expect(content.equals(await reader.read(0, content.length))).toBe(true);
  await reader.close();
}

function note({ method, url, headers }: http.IncomingMessage): void {
  asked.push({ what: `${method} ${url}`, login: headers['proxy-authorization'] });
}
