import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFile, mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openFileReader } from '../src/index.ts';

let directory = '';
const content = randomBytes(100_000);
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'image-api-file-reader-'));
  await writeFile(join(directory, 'disk'), content);
});
afterEach(() => rm(directory, { recursive: true }));

const opened = (): ReturnType<typeof openFileReader> => openFileReader(join(directory, 'disk'));

describe('a file that is read in pieces', () => {
  it('is read exactly, and counted', async () => {
    const reader = await opened();
    expect(reader.size).toBe(content.length);
    expect(content.subarray(10, 90_000).equals(await reader.read(10, 89_990))).toBe(true);
    expect(reader.bytesRead).toBe(89_990);
    await expect(reader.read(99_999, 2)).rejects.toMatchObject({ code: 'INTERNAL' });
    await reader.check();
    await reader.close();
  });

  it('is noticed to have changed, or to have been cut', async () => {
    const reader = await opened();
    await appendFile(join(directory, 'disk'), 'more');
    await expect(reader.check()).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
    await truncate(join(directory, 'disk'), 10);
    await expect(reader.read(5, 10)).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
    await reader.close();
  });

  it('is no more read when it was cancelled', async () => {
    const reader = await opened();
    await expect(reader.read(0, 10, AbortSignal.abort())).rejects.toMatchObject({ code: 'CANCELLED' });
    await reader.close();
  });

  it('is a file, and there', async () => {
    await mkdir(join(directory, 'directory'));
    execFileSync('mkfifo', [join(directory, 'pipe')]);
    for (const [name, code] of [
      ['directory', 'SOURCE_KIND'],
      ['pipe', 'SOURCE_KIND'],
      ['absent', 'SOURCE_MISSING'],
    ] as const)
      await expect(openFileReader(join(directory, name)), name).rejects.toMatchObject({ code });
  });
});
