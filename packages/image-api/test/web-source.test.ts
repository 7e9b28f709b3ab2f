import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ImageError } from '@image-api/driver';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createImageApi, inspectImage } from '../src/index.ts';
import type { CopyOptions, ImageApi } from '../src/index.ts';
import { content, to } from './sandbox.ts';
import { scriptedDriver } from './scripted-driver.ts';
import type { Step } from './scripted-driver.ts';

/** A qcow2 of 1 MiB whose header names a file to be read behind it. */
function layered(): Buffer {
  const image = Buffer.alloc(262_144);
  image.write('QFI\xfb', 0, 'latin1');
  image.writeUInt32BE(3, 4);
  image.writeBigUInt64BE(512n, 8);
  image.writeUInt32BE(11, 16);
  image.writeUInt32BE(16, 20);
  image.writeBigUInt64BE(1_048_576n, 24);
  image.writeUInt32BE(1, 36);
  image.writeBigUInt64BE(65_536n, 40);
  image.writeBigUInt64BE(131_072n, 48);
  image.writeUInt32BE(1, 56);
  image.writeUInt32BE(4, 96);
  image.writeUInt32BE(104, 100);
  image.write('/etc/passwd', 512);
  return image;
}

describe('an image on a web server', () => {
  let server: Server;
  let served: Buffer;
  let etag: string | undefined;
  let ranges = true;
  let api: ImageApi;
  let driver: ReturnType<typeof scriptedDriver>;
  const href = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/disk.raw`;

  beforeEach(async () => {
    [served, etag, ranges] = [content, '"one"', true];
    server = createServer(answer);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    await api.dispose();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  function answer(request: IncomingMessage, response: ServerResponse): void {
    if (request.url !== '/disk.raw') return void response.writeHead(404).end();
    const [, first, last] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? [];
    const headers = etag === undefined ? {} : { etag };
    if (!ranges || first === undefined) return void response.writeHead(200, { ...headers, 'content-length': served.length }).end(served);
    const end = Math.min(Number(last), served.length - 1);
    const part = served.subarray(Number(first), end + 1);
    response.writeHead(206, {
      ...headers,
      'content-length': part.length,
      'content-range': `bytes ${first}-${end}/${served.length}`,
    });
    response.end(part);
  }

  async function copy(steps: readonly Step[], options: CopyOptions = {}, from: string = href()): Promise<unknown> {
    driver = scriptedDriver({ steps, capabilities: { resume: true } });
    const web = { ...driver, capabilities: { ...driver.capabilities, routes: [{ from: 'http', to: 'file' } as const] } };
    api = createImageApi({ drivers: [web], retry: { attempts: 1 } });
    return api.copy(from, to, options).wait();
  }

  const arrives: Step = async (request) => {
    await writeFile(request.to.path, served);
    return { counters: {} };
  };

  const stops: Step = async (request, context) => {
    await arrives(request, context);
    throw new ImageError('the line went down', { code: 'UNREACHABLE', origin: 'source', retryable: true });
  };

  it('is looked at before any driver is asked: how large it is, and what', async () => {
    expect(await copy([arrives])).toMatchObject({ verified: { by: 'size' }, size: content.length });
    expect(driver.asked[0]?.from.facts).toEqual({
      kind: 'opaque',
      size: content.length,
      format: 'raw',
      identity: `size ${content.length}, etag "one"`,
    });
  });

  it('is verified by its digest where its content is to be compared: nobody can look at it', async () => {
    const told: Step = async (request, context) => ({ ...(await arrives(request, context)), fromDigest: digest });
    const digest = `sha256:${createHash('sha256').update(content).digest('hex')}` as const;
    expect(await copy([told], { verify: 'content' })).toMatchObject({ verified: { by: 'sha256', digest } });
    expect(driver.asked[0]?.verify).toBe('sha256');
  });

  it('is refused where its header would lead to other files, whatever is allowed', async () => {
    served = layered();
    await expect(copy([arrives], { allowBacking: true })).rejects.toMatchObject({ code: 'UNSAFE_IMAGE', untouched: true });
    expect(driver.asked).toEqual([]);
  });

  it('can be inspected where it lies', async () => {
    served = layered();
    api = createImageApi({ drivers: [scriptedDriver()] });
    expect(await inspectImage(href())).toMatchObject({ format: 'qcow2', virtualSize: 1_048_576, size: served.length, verdict: 'unsafe' });
    ranges = false;
    await expect(inspectImage(href())).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });

  it('must be what it is said to be', async () => {
    await expect(copy([arrives], { format: 'qcow2' })).rejects.toMatchObject({ code: 'FORMAT_MISMATCH' });
  });

  it('that is not there is the source missing, not a driver', async () => {
    await expect(copy([arrives], {}, href().replace('disk', 'other'))).rejects.toMatchObject({ code: 'SOURCE_MISSING', origin: 'source' });
  });

  it('is gone on from while its server says it is the same, and from nothing when it is another one', async () => {
    await expect(copy([stops])).rejects.toMatchObject({ details: { kept: expect.stringContaining('.part') } });
    const first = driver.asked[0];
    await api.dispose();
    await expect(copy([stops])).rejects.toThrow('the line went down');
    expect(driver.asked[0]).toMatchObject({ held: 'resume', to: { path: first?.to.path } });
    await api.dispose();
    etag = '"two"';
    await copy([arrives]);
    expect(driver.asked[0]?.held).toBeUndefined();
    expect(driver.asked[0]?.to.path).not.toBe(first?.to.path);
  });

  it('is not gone on from where its server says nothing of its content', async () => {
    etag = undefined;
    const error = await copy([stops]).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'UNREACHABLE', details: expect.not.objectContaining({ kept: expect.anything() }) });
  });

  it('that comes only whole is left to the drivers', async () => {
    ranges = false;
    await copy([arrives], { format: 'raw' });
    expect(driver.asked[0]?.from.facts).toEqual({ kind: 'opaque', format: 'raw' });
  });
});
