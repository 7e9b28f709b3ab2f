import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Endpoint } from '@image-api/driver';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exportPlace, lookAtExport } from './look-at-export.ts';

const greeting = Buffer.concat([Buffer.from('NBDMAGICIHAVEOPT'), Buffer.from([0, 3])]);
/** The head of an answer to the option that opens an export. */
function answer(type: number, length: number, data: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(20);
  head.writeBigUInt64BE(0x3e889045565a9n);
  head.writeUInt32BE(7, 8);
  head.writeUInt32BE(type, 12);
  head.writeUInt32BE(length, 16);
  return Buffer.concat([head, data]);
}

describe('lookAtExport', () => {
  let folder: string;
  let server: Server | undefined;
  const sockets = new Set<Socket>();

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'image-api-nbd-'));
  });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
    await rm(folder, { recursive: true });
  });

  /** A server that says this to everybody, and hears nothing. */
  async function says(...words: readonly Buffer[]): Promise<Endpoint> {
    const socket = join(folder, 'socket');
    server = createServer((client) => {
      sockets.add(client);
      client.on('error', () => undefined).resume();
      for (const word of words) client.write(word);
    });
    await new Promise<void>((resolve) => server?.listen(socket, resolve));
    return { scheme: 'nbd+unix', path: '/disk', params: { socket }, href: 'nbd+unix:///disk', authority: { host: 'unused' } };
  }
  const look = (endpoint: Endpoint): ReturnType<typeof lookAtExport> => lookAtExport(endpoint, 'source', new AbortController().signal);

  it('tells size and kind of an export', async () => {
    const facts = Buffer.alloc(12);
    facts.writeBigUInt64BE(4096n, 2);
    facts.writeUInt16BE(3, 10);
    expect(await look(await says(greeting, answer(3, 12, facts), answer(1, 0)))).toEqual({ size: 4096, isReadOnly: true });
  });

  it.each([
    ['another protocol', [Buffer.from('SSH-2.0-OpenSSH_9.2 and more')], 'does not speak NBD'],
    ['an answer without end', [greeting, answer(3, 2 ** 31)], 'does not speak NBD'],
    ['answers without end', [greeting, ...Array.from({ length: 5000 }, () => answer(3, 0))], 'does not speak NBD'],
    ['another magic', [greeting, Buffer.alloc(20, 7)], 'does not speak NBD'],
    ['no size', [greeting, answer(1, 0)], 'does not tell the size'],
    ['a refusal', [greeting, answer(0x80000006, 5, Buffer.from('no\nno'))], 'no such export: no no'],
    ['a wish for TLS', [greeting, answer(0x80000005, 0)], 'wants TLS'],
  ])('refuses %s', async (_, words, said) => {
    await expect(look(await says(...words))).rejects.toMatchObject({
      code: 'SOURCE_MISSING',
      origin: 'source',
      message: expect.stringContaining(said) as string,
    });
  });

  it('does not wait for a server that says nothing once it is cancelled', async () => {
    const cancel = new AbortController();
    const looking = lookAtExport(await says(), 'destination', cancel.signal);
    setTimeout(() => cancel.abort(), 50);
    await expect(looking).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('finds the default export of a host', () => {
    const endpoint: Endpoint = { scheme: 'nbd', authority: { host: '::1' }, path: '/', params: {}, href: 'nbd://[::1]/' };
    expect(exportPlace(endpoint)).toEqual({ address: { host: '::1', port: 10_809 }, exportName: '' });
  });
});
