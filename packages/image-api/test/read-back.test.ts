import { createHash, randomBytes } from 'node:crypto';
import { open, readFile, writeFile } from 'node:fs/promises';
import type { Digest } from '@image-api/driver';
import { beforeEach, describe, expect, it } from 'vitest';
import { apiWith, from, leftovers, start, to } from './sandbox.ts';
import type { Script } from './scripted-driver.ts';

const mib = 2 ** 20;
let bytes: Buffer;
let digest: Digest;

beforeEach(async () => {
  bytes = randomBytes(40 * mib);
  digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  await writeFile(from, bytes);
});

/** A driver that hashes what it copies, and of which this arrives in truth. */
function hashing(arrived: Buffer): Script {
  return {
    capabilities: { hashes: true },
    steps: [
      async ({ to: staging, verify }) => {
        const file = await open(staging.path, 'r+');
        await file.write(arrived);
        await file.close();
        return { counters: {}, ...(verify === 'sha256' && { fromDigest: digest, writtenDigest: digest }) };
      },
    ],
  };
}

/** What arrived when bytes were lost from there on. */
function without(at: number, length: number): Buffer {
  return Buffer.from(bytes).fill(0, at, at + length);
}

describe('what a driver hashed while it wrote it', () => {
  it('is read back in samples', async () => {
    const { verified } = await start(hashing(bytes), { verify: 'sha256' }).wait();
    expect(verified).toEqual({ by: 'sha256', digest, readBack: 'sample' });
    expect(bytes.equals(await readFile(to))).toBe(true);
  });

  it('is not believed when a sample differs', async () => {
    const error: unknown = await start(hashing(without(32 * mib, 8 * mib)), { verify: 'sha256' })
      .wait()
      .catch((thrown: unknown) => thrown);
    expect((error as { cause: unknown }).cause).toMatchObject({ code: 'VERIFY_FAILED', details: { sent: digest } });
    expect(await leftovers()).toEqual([]);
  });

  it('is read back whole where that is asked for, and every byte counts', async () => {
    const { verified } = await start(hashing(bytes), { verify: 'read-back', overwrite: 'replace' }).wait();
    expect(verified).toEqual({ by: 'sha256', digest });
    const { api } = apiWith([hashing(without(39 * mib + 12_345, 1))], { verify: 'read-back' });
    const error: unknown = await api
      .copy(from, to, { overwrite: 'replace' })
      .wait()
      .catch((thrown: unknown) => thrown);
    expect((error as { cause: unknown }).cause).toMatchObject({ code: 'VERIFY_FAILED' });
    expect(bytes.equals(await readFile(to))).toBe(true);
  });

  it('must have the checksum that was promised', async () => {
    const promised: Digest = `sha256:${'0'.repeat(64)}`;
    const error: unknown = await start(hashing(bytes), { checksum: promised })
      .wait()
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'VERIFY_FAILED', origin: 'source' });
    const { verified } = await start(hashing(bytes), { checksum: digest }).wait();
    expect(verified).toEqual({ by: 'sha256', digest, readBack: 'sample' });
  });
});

describe('the content alone', () => {
  /** A driver that moves bytes itself, or has them moved, and of which this arrives in truth. */
  const moving = (arrived: Buffer, wroteItself?: true): Script => ({
    steps: [
      async ({ to: staging, verify }) => {
        expect(verify).toBe('content');
        await writeFile(staging.path, arrived);
        return { counters: {}, ...(wroteItself && { wroteItself }) };
      },
    ],
  });

  it('is compared in samples where the driver wrote it', async () => {
    expect((await start(moving(bytes, true), { verify: 'content' }).wait()).verified).toEqual({ by: 'content', readBack: 'sample' });
    expect(bytes.equals(await readFile(to))).toBe(true);
  });

  it('is compared whole where another program did, and every byte counts', async () => {
    expect((await start(moving(bytes), { verify: 'content' }).wait()).verified).toEqual({ by: 'content' });
    for (const [arrived, wroteItself] of [
      [without(39 * mib + 12_345, 1), undefined],
      [without(32 * mib, 8 * mib), true],
    ] as const) {
      const error: unknown = await start(moving(arrived, wroteItself), { verify: 'content', overwrite: 'replace' })
        .wait()
        .catch((thrown: unknown) => thrown);
      const told = expect.stringMatching(/^content:[0-9a-f]{64}$/) as string;
      expect(error).toMatchObject({ cause: { code: 'VERIFY_FAILED', origin: 'destination', details: { sent: told, arrived: told } } });
      expect(bytes.equals(await readFile(to))).toBe(true);
      expect(await leftovers()).toEqual(['copy.raw']);
    }
  });

  it('has no checksum', async () => {
    const contradiction = start(moving(bytes), { verify: 'content', checksum: digest });
    await expect(contradiction.wait()).rejects.toMatchObject({
      code: 'BAD_OPTION',
      message: expect.stringMatching(/with verify 'content'/),
    });
    const { api } = apiWith([hashing(bytes)], { verify: 'content' });
    expect((await api.plan(from, to, { checksum: digest })).verify).toBe('sha256');
  });
});

it('is read back whole, what a driver did not hash', async () => {
  const { verified } = await start({ capabilities: { hashes: true } }, { verify: 'sha256' }).wait();
  expect(verified).toEqual({ by: 'sha256', digest });
});

it('is read back whole where the config says so, a checksum or not', async () => {
  const { api } = apiWith([hashing(bytes)], { verify: 'read-back' });
  expect((await api.plan(from, to, { checksum: digest })).verify).toBe('read-back');
});
