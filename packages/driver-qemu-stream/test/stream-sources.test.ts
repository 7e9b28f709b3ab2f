import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KnownEndpoint, TransferRequest } from '@image-api/driver';
import { createHosts } from '@image-api/host';
import { openReadyImage } from '@image-api/conformance';
import { describe, expect, it } from 'vitest';
import { sshdMissing, startSshd } from '../../host/test/real-sshd.ts';
import { startRangeServer } from '../../host/test/range-server.ts';
import { copying, mib } from './copying.ts';
import type { Copying } from './copying.ts';
import { serveDisk } from './serve-disk.ts';

const missing = spawnSync('qemu-storage-daemon', ['--version']).status === 0 ? undefined : 'qemu-storage-daemon is not installed';

/** Stream it under a limit, look at its end while it is on its way, then see all of it arrive, and counted. */
async function expectStreamed(copy: Copying, wish: Partial<TransferRequest>): Promise<void> {
  const running = copy.begin({ limits: { bandwidth: 2 * mib }, ...wish });
  const client = await openReadyImage((await running.ready).uri);
  expect((await client.read(6 * mib, mib)).equals(await copy.sourceBytes(6 * mib, mib))).toBe(true);
  await expect.poll(() => running.updates.at(-1)?.bytesOnDemand, { timeout: 2500 }).toBe(mib);
  await running.setLimits({});
  const { counters } = await running.done;
  await client.close();
  expect(counters.bytesOnDemand).toBe(mib);
  expect(counters.bytesRead).toBeGreaterThanOrEqual(8 * mib);
  expect(counters.bytesRead).toBeLessThan(11 * mib);
  expect(await copy.difference()).toBe('');
}

describe.skipIf(missing !== undefined)(`an image is handed out early${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  it('from a file', async () => {
    await using copy = await copying();
    await expectStreamed(copy, {});
  });

  it('from a file of another format', async () => {
    await using copy = await copying();
    const path = join(copy.folder, 'from.qcow2');
    execFileSync('qemu-img', ['convert', '-O', 'qcow2', copy.from, path]);
    const facts = { ...copy.request.from.facts, format: 'qcow2' } as const;
    await expectStreamed(copy, { from: { scheme: 'file', path, params: {}, href: `file://${path}`, facts } });
  });

  it('from an NBD server', async () => {
    await using copy = await copying();
    const socket = join(copy.folder, 'nbd');
    const disk = await serveDisk(copy.from, socket, ['--read-only']);
    await expectStreamed(copy, { from: disk.endpoint });
    await disk.stop();
  });

  it('from an NBD server, and refused with host and port where none listens', async () => {
    await using copy = await copying();
    const from = { ...copy.request.from, scheme: 'nbd', authority: { host: '127.0.0.1', port: 1 }, href: 'nbd://127.0.0.1:1/disk' };
    await expect(copy.offer({ from })).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('no server listens at 127.0.0.1, port 1; start it there') as string,
    });
  });

  it('from an NBD server that went away and comes back, without a new try', async () => {
    await using copy = await copying();
    const socket = join(copy.folder, 'nbd');
    const disk = await serveDisk(copy.from, socket, ['--read-only']);
    const running = copy.begin({ from: disk.endpoint, limits: { bandwidth: 4 * mib } });
    await running.ready;
    await sleep(300);
    await disk.stop();
    await sleep(500);
    const again = await serveDisk(copy.from, socket, ['--read-only']);
    await running.setLimits({});
    await running.done;
    await again.stop();
    expect(await copy.difference()).toBe('');
  });

  it('from an NBD server, and told to be tried again when that stays away', async () => {
    await using copy = await copying({ options: { sourceLossMs: 0 } });
    const disk = await serveDisk(copy.from, join(copy.folder, 'nbd'), ['--read-only']);
    const running = copy.begin({ from: disk.endpoint, limits: { bandwidth: 4 * mib } });
    await running.ready;
    await disk.stop();
    await expect(running.done).rejects.toMatchObject({ code: 'UNREACHABLE', origin: 'source', retryable: true });
    expect(copy.processes('all')).toEqual([]);
  });

  it('from a web server', async () => {
    await using copy = await copying();
    const server = await startRangeServer(await copy.sourceBytes(0, 8 * mib));
    try {
      await expectStreamed(copy, { from: fromWeb(`${server.origin}/disk`) });
    } finally {
      await server.close();
    }
  });

  it('from a web server, and never mixes two contents', async () => {
    await using copy = await copying();
    const server = await startRangeServer(await copy.sourceBytes(0, 8 * mib));
    try {
      const running = copy.begin({ from: fromWeb(`${server.origin}/disk`), limits: { bandwidth: 2 * mib } });
      await running.ready;
      server.content = Buffer.alloc(8 * mib, 'other');
      server.etag = '"two"';
      await expect(running.done).rejects.toMatchObject({ code: 'SOURCE_CHANGED', origin: 'source' });
      expect(copy.processes('all')).toEqual([]);
    } finally {
      await server.close();
    }
  });
});

function fromWeb(href: string): KnownEndpoint {
  return { scheme: 'http', path: '/disk', params: {}, href, facts: { kind: 'opaque', size: 8 * mib, format: 'raw' } };
}

describe.skipIf(missing !== undefined || sshdMissing !== undefined)(
  `an image is handed out early over ssh${sshdMissing === undefined ? '' : ` (skipped: ${sshdMissing})`}`,
  () => {
    it('from a file of a host', async () => {
      const sshd = await startSshd();
      const hosts = createHosts({ ssh: { configFile: sshd.configFile } });
      try {
        await using copy = await copying({ from: hosts.ssh({ host: sshd.alias }) });
        const { facts, path } = copy.request.from;
        await expectStreamed(copy, {
          from: { scheme: 'ssh', authority: { host: sshd.alias }, path, params: {}, href: `ssh://box${path}`, facts },
        });
      } finally {
        await hosts.close();
        await sshd.stop();
      }
    });
  },
);
