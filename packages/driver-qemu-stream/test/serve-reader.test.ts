import { execFile } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ImageError } from '@image-api/driver';
import { IncomingBytes } from '../src/source/incoming-bytes.ts';
import { serveReader } from '../src/source/serve-reader.ts';
import type { ServedReader } from '../src/source/serve-reader.ts';
import { memoryReader } from './memory-reader.ts';
import type { MemoryReader } from './memory-reader.ts';

const run = promisify(execFile);
const mebibyte = 1024 * 1024;
const content = Buffer.concat([randomBytes(5 * mebibyte), Buffer.alloc(8 * mebibyte), randomBytes(3 * mebibyte + 513)]);
const extents = [
  { from: 0, to: 5 * mebibyte },
  { from: 13 * mebibyte, to: content.length },
];

let directory: string;
let served: ServedReader | undefined;
let reader: MemoryReader;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'image-api-serve-'));
});

afterEach(async () => {
  await served?.close();
  served = undefined;
  await rm(directory, { recursive: true, force: true });
});

describe('a reader that is served', () => {
  it.skipIf(!existsSync('/usr/bin/qemu-img'))('is read whole by QEMU, holes untouched', async () => {
    const socket = await serve(true);
    const copy = join(directory, 'copy.raw');
    await run('qemu-img', ['convert', '-f', 'raw', '-O', 'raw', uri(socket), copy]);
    const copied = await readFile(copy);
    expect(content.equals(copied.subarray(0, content.length))).toBe(true);
    expect(copied.subarray(content.length).every((byte) => byte === 0)).toBe(true);
    const { stdout } = await run('qemu-img', ['map', '-f', 'raw', '--output=json', uri(socket)]);
    const pieces = JSON.parse(stdout) as readonly { start: number; length: number; data: boolean; zero: boolean }[];
    expect(pieces.filter(({ zero, length }) => zero && length > 512).map(({ start, length }) => ({ start, length }))).toEqual([
      { start: 5 * mebibyte, length: 8 * mebibyte },
    ]);
    const inHole = reader.asked.filter(({ offset, length }) => offset < 13 * mebibyte && offset + length > 5 * mebibyte);
    expect(inHole).toEqual([]);
  });

  it.skipIf(!existsSync('/usr/bin/qemu-io'))('refuses to be written by QEMU', async () => {
    const socket = await serve(false);
    await expect(run('qemu-io', ['-f', 'raw', '-c', 'write 0 512', uri(socket)])).rejects.toThrow(
      /Permission denied|read-only|not permitted/i,
    );
    const { stdout } = await run('qemu-io', ['-r', '-f', 'raw', '-c', 'read 5242000 4096', '-c', 'flush', uri(socket)]);
    expect(stdout).toContain('read 4096/4096 bytes at offset 5242000');
  });

  it.skipIf(!existsSync('/usr/bin/nbdcopy'))('is read by several connections at once', async () => {
    const socket = await serve(true);
    const copy = join(directory, 'copy.raw');
    await run('nbdcopy', ['--connections=4', uri(socket), copy]);
    expect(content.equals(await readFile(copy))).toBe(true);
    const { stdout } = await run('nbdinfo', ['--json', uri(socket)]);
    expect(JSON.parse(stdout)).toMatchObject({
      structured: true,
      exports: [
        { 'export-name': 'disk', 'export-size': content.length, is_read_only: true, can_multi_conn: true, contexts: ['base:allocation'] },
      ],
    });
    const { stdout: list } = await run('nbdinfo', ['--list', '--json', `nbd+unix:///?socket=${socket}`]);
    expect(JSON.parse(list)).toMatchObject({ exports: [{ 'export-name': 'disk' }] });
  });

  it('does not know other exports', async () => {
    const socket = await serve(false);
    await expect(run('qemu-img', ['info', '-f', 'raw', `nbd+unix:///other?socket=${socket}`])).rejects.toThrow(/not|export/i);
  });

  it('tells QEMU of an input/output error, and its owner of the reason', async () => {
    const socket = await serve(false);
    reader.failure = new ImageError('it is gone', { code: 'SOURCE_MISSING', origin: 'source' });
    await expect(run('qemu-io', ['-r', '-f', 'raw', '-c', 'read 0 512', uri(socket)])).rejects.toMatchObject({
      stdout: expect.stringContaining('read failed: Input/output error'),
    });
    expect(served?.failure).toMatchObject({ code: 'SOURCE_MISSING' });
    reader.failure = undefined;
    const { stdout } = await run('qemu-io', ['-r', '-f', 'raw', '-c', 'read 0 512', uri(socket)]);
    expect(stdout).toContain('read 512/512');
  });

  it('leaves no socket, and lets clients go, when it is closed', async () => {
    const socket = await serve(false);
    const { client } = await talk(socket);
    await served?.close();
    await served?.close();
    expect(existsSync(socket)).toBe(false);
    if (!client.closed) await once(client, 'close');
    expect(reader.inFlight).toBe(0);
  });
});

describe('a client that is not to be relied on', () => {
  it('gets no more than an error for pieces that are not there, and is served on', async () => {
    const socket = await serve(false);
    const { client, incoming } = await agreed(socket);
    const wrong: readonly [kind: number, offset: bigint, length: number, errno: number][] = [
      [0, BigInt(content.length), 1, 22],
      [0, 0n, 0, 22],
      [0, 0xffff_ffff_ffff_ffffn, 512, 22],
      [0, 0n, 0xffff_ffff, 75],
      [4, 0n, 512, 1],
      [6, 0n, 512, 1],
      [7, 0n, 512, 22],
      [99, 0n, 512, 22],
      [3, 0n, 0, 0],
    ];
    for (const [kind, offset, length, errno] of wrong) {
      client.write(requestOf(kind, offset, length));
      expect((await incoming.take(16)).readUInt32BE(4), `command ${kind}, ${length} bytes at ${offset}`).toBe(errno);
    }
    client.write(Buffer.concat([requestOf(1, 0n, 100_000), Buffer.alloc(100_000), requestOf(0, 7n, 9)]));
    expect((await incoming.take(16)).readUInt32BE(4)).toBe(1);
    expect((await incoming.take(16)).readUInt32BE(4)).toBe(0);
    expect((await incoming.take(9)).equals(content.subarray(7, 16))).toBe(true);
    client.destroy();
  });

  it('that takes no answers is not read for without end', async () => {
    const socket = await serve(false);
    const { client } = await agreed(socket);
    for (let index = 0; index < 1000; index++) client.write(requestOf(0, 0n, mebibyte));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(reader.asked.length).toBeLessThan(70);
    client.destroy();
  });

  it('never brings the server down with nonsense', async () => {
    const socket = await serve(true);
    for (let round = 0; round < 300; round++) await talkNonsense(socket);
    const { stdout } = await run('qemu-io', ['-r', '-f', 'raw', '-c', 'read 0 512', uri(socket)]);
    expect(stdout).toContain('read 512/512');
  });
});

async function serve(hasExtents: boolean): Promise<string> {
  const path = join(directory, 'nbd');
  reader = memoryReader(content, hasExtents ? { extents } : {});
  served = await serveReader(reader, { path, exportName: 'disk' });
  return path;
}

function uri(socket: string): string {
  return `nbd+unix:///disk?socket=${socket}`;
}

interface Talk {
  readonly client: Socket;
  readonly incoming: IncomingBytes;
}

async function talk(socket: string): Promise<Talk> {
  const client = connect(socket);
  client.on('error', () => undefined);
  await once(client, 'connect');
  const incoming = new IncomingBytes(client);
  expect((await incoming.take(18)).toString('latin1', 0, 16)).toBe('NBDMAGICIHAVEOPT');
  return { client, incoming };
}

/** A client by the oldest way of coming to terms. */
async function agreed(socket: string): Promise<Talk> {
  const { client, incoming } = await talk(socket);
  client.write(Buffer.concat([Buffer.from([0, 0, 0, 3]), optionOf(1, Buffer.from('disk'))]));
  expect((await incoming.take(10)).readBigUInt64BE(0)).toBe(BigInt(content.length));
  return { client, incoming };
}

/** Some of it looks like the protocol, to get further. */
async function talkNonsense(socket: string): Promise<void> {
  const { client } = await talk(socket);
  client.on('readable', () => client.read());
  client.write(Buffer.from([0, 0, 0, randomInt(8)]));
  for (let words = randomInt(1, 6); words > 0; words--) {
    const data =
      randomInt(3) === 0
        ? Buffer.concat([Buffer.from([0, 0, 0, 4]), Buffer.from('disk'), randomBytes(randomInt(12))])
        : randomBytes(randomInt(40));
    client.write(randomInt(5) === 0 ? randomBytes(randomInt(200)) : optionOf(randomInt(12), data));
  }
  if (randomInt(2) === 0) client.write(requestOf(randomInt(9), BigInt(randomInt(2 ** 40)), randomInt(2 ** 32)));
  client.end();
  if (!client.closed) await once(client, 'close');
}

function optionOf(kind: number, data: Buffer): Buffer {
  const head = Buffer.alloc(16);
  head.write('IHAVEOPT');
  head.writeUInt32BE(kind, 8);
  head.writeUInt32BE(data.length, 12);
  return Buffer.concat([head, data]);
}

function requestOf(kind: number, offset: bigint, length: number): Buffer {
  const request = Buffer.alloc(28);
  request.writeUInt32BE(0x25609513);
  request.writeUInt16BE(kind, 6);
  request.writeBigUInt64BE(offset, 16);
  request.writeUInt32BE(length, 24);
  return request;
}
