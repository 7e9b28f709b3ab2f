import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bytesAt, mib, sparse } from '../src/content/content.ts';
import { writeContent } from '../src/content/write-content.ts';
import { openReadyImage } from '../src/reading/open-ready-image.ts';

const missing = whyNoQemuNbd();
let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-api-nbd-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe.skipIf(missing !== undefined)(`a client of qemu-nbd${missing === undefined ? '' : ` (${missing})`}`, () => {
  it('reads what the image holds, data and holes, and is refused an export that is not there', async () => {
    const content = sparse(8 * mib);
    const [image, socket] = [join(folder, 'image'), join(folder, 'socket')];
    await writeContent(content, image);
    const server = spawn('qemu-nbd', ['--persistent', '-r', '-f', 'raw', '-x', 'a disk', '-k', socket, image], { stdio: 'ignore' });
    try {
      while (!existsSync(socket)) await sleep(10);
      const reader = await openReadyImage(`nbd+unix:///a%20disk?socket=${encodeURIComponent(socket)}`);
      for (const at of [0, mib - 512, 4 * mib, 8 * mib - 512]) {
        expect((await reader.read(at, 512)).equals(bytesAt(content, at, 512)), `bytes at ${at}`).toBe(true);
      }
      await expect(reader.read(8 * mib, 512)).rejects.toThrow('refused to read 512 bytes');
      await reader.close();
      await expect(openReadyImage(`nbd+unix:///other?socket=${encodeURIComponent(socket)}`)).rejects.toThrow('refused "other"');
    } finally {
      server.kill();
      await once(server, 'exit');
    }
  });
});

describe('attaching to an address', () => {
  it('reads a file', async () => {
    const content = sparse(4 * mib);
    await writeContent(content, join(folder, 'image'));
    const reader = await openReadyImage(`file://${folder}/image`);
    expect((await reader.read(2 * mib, 512)).equals(bytesAt(content, 2 * mib, 512))).toBe(true);
    await reader.close();
  });

  it('says which addresses it knows', async () => {
    await expect(openReadyImage('gopher://host/disk')).rejects.toThrow('it knows nbd, nbd+unix and file');
  });
});

function whyNoQemuNbd(): string | undefined {
  try {
    execFileSync('qemu-nbd', ['--version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'qemu-nbd is not installed';
  }
}
