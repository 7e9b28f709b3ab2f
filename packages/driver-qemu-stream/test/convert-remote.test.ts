import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Digest, KnownEndpoint, TransferRequest } from '@image-api/driver';
import { createHosts } from '@image-api/host';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startRangeServer } from '../../host/test/range-server.ts';
import { sshdMissing, startSshd } from '../../host/test/real-sshd.ts';
import { convertMode } from '../src/modes/convert/convert-mode.ts';
import { qemuStreamOptions } from '../src/qemu-stream-options.ts';
import { findProcesses } from './find-processes.ts';
import { beginMode, fileAt, requestOf } from './run-mode.ts';

const mib = 2 ** 20;
const missing = ['qemu-storage-daemon', 'qemu-img'].find((tool) => spawnSync(tool, ['--version']).status !== 0);

describe.skipIf(missing !== undefined)(`whole copies from afar${missing === undefined ? '' : ` (skipped: ${missing} is missing)`}`, () => {
  let folder: string;
  let disk: string;
  let image: string;
  let to: KnownEndpoint;
  const mode = convertMode(qemuStreamOptions());

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'image-api-convert-'));
    disk = join(folder, 'disk.raw');
    image = join(folder, 'disk.qcow2');
    await writeFile(disk, randomBytes(6 * mib));
    spawnSync('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', disk, image]);
    await writeFile(join(folder, '.part'), '');
    to = await fileAt(join(folder, '.part'));
  });
  afterEach(async () => {
    expect(findProcesses(folder)).toEqual([]);
    await rm(folder, { recursive: true });
  });

  const sha256 = (bytes: Uint8Array): Digest => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const arrived = (): Promise<Buffer> => readFile(to.path);

  /** Copy what a web server shows; `change` is called on the way. */
  async function fromWeb(
    path: string,
    more: Partial<TransferRequest>,
    change?: (server: Awaited<ReturnType<typeof startRangeServer>>) => void,
  ): ReturnType<typeof mode.transfer> {
    const content = await readFile(path);
    const server = await startRangeServer(content);
    try {
      const format = path === disk ? 'raw' : 'qcow2';
      const facts = { kind: 'opaque', size: content.length, format } as const;
      const from: KnownEndpoint = { scheme: 'http', path: '/disk', params: {}, href: `${server.origin}/disk`, facts };
      const running = await beginMode(mode, requestOf(from, to, more), folder);
      if (change) {
        await running.reaches(mib);
        change(server);
      }
      return await running.done;
    } finally {
      await server.close();
    }
  }

  it('turns an image of a web server into another format, and tells that a guest sees the same', async () => {
    const { fromDigest, toDigest } = await fromWeb(image, { toFormat: 'raw', verify: 'sha256' });
    expect((await arrived()).equals(await readFile(disk))).toBe(true);
    expect(toDigest).toBe(fromDigest);
    expect(toDigest).toBe(sha256(await readFile(disk)));
  });

  it('tells the digest of the image itself where one was promised', async () => {
    const promised = sha256(await readFile(image));
    const report = await fromWeb(image, { toFormat: 'raw', verify: 'sha256', digest: promised });
    expect(report).toMatchObject({ fromDigest: promised });
    expect(report.toDigest).toBeUndefined();
  });

  it('copies an image of a web server as it is, to the last byte', async () => {
    await writeFile(disk, randomBytes(2 * mib + 77));
    expect(await fromWeb(disk, { verify: 'sha256' })).toMatchObject({ fromSize: 2 * mib + 77, fromDigest: sha256(await readFile(disk)) });
    expect((await arrived()).equals(await readFile(disk))).toBe(true);
  });

  it('tells that a web server shows another image all at once', async () => {
    const copy = fromWeb(disk, { limits: { bandwidth: 2 * mib } }, (server) => {
      server.content = Buffer.alloc(6 * mib, 'other');
      server.etag = '"two"';
    });
    await expect(copy).rejects.toMatchObject({ code: 'SOURCE_CHANGED', origin: 'source' });
  });

  it.skipIf(sshdMissing !== undefined)('turns an image of an ssh host into another format', async () => {
    const sshd = await startSshd();
    const hosts = createHosts({ ssh: { configFile: sshd.configFile } });
    try {
      const from: KnownEndpoint = {
        ...(await fileAt(image, 'qcow2')),
        scheme: 'ssh',
        authority: { host: sshd.alias },
        href: `ssh://box${image}`,
      };
      await (
        await beginMode(mode, requestOf(from, to, { toFormat: 'raw' }), folder, hosts.ssh({ host: sshd.alias }))
      ).done;
      expect((await arrived()).equals(await readFile(disk))).toBe(true);
    } finally {
      await hosts.close();
      await sshd.stop();
    }
  });
});
