import { spawnSync } from 'node:child_process';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { inspectImage } from '../src/index.ts';
import type { CopyOptions } from '../src/index.ts';
import { apiWith, folder, from, leftovers, start, to } from './sandbox.ts';

interface Header {
  readonly backing?: string;
  readonly backingFormat?: string;
  readonly incompatible?: bigint;
  readonly virtualSize?: bigint;
}

/** A qcow2 image, version 3, of 1 MiB without data: header cluster, refcount table, refcount block, L1 table. */
function qcow2({ backing = '', backingFormat, incompatible = 0n, virtualSize = 2n ** 20n }: Header = {}): Buffer {
  const cluster = 65_536;
  const image = Buffer.alloc(4 * cluster);
  image.write('QFI\u00fb', 0, 'latin1');
  image.writeUInt32BE(3, 4);
  const extension = backingFormat === undefined ? Buffer.alloc(0) : formatExtension(backingFormat);
  extension.copy(image, 104);
  if (backing !== '') {
    const at = 104 + extension.length + 8;
    image.writeBigUInt64BE(BigInt(at), 8);
    image.writeUInt32BE(backing.length, 16);
    image.write(backing, at);
  }
  image.writeUInt32BE(16, 20);
  image.writeBigUInt64BE(virtualSize, 24);
  image.writeUInt32BE(1, 36);
  image.writeBigUInt64BE(BigInt(3 * cluster), 40);
  image.writeBigUInt64BE(BigInt(cluster), 48);
  image.writeUInt32BE(1, 56);
  image.writeBigUInt64BE(incompatible, 72);
  image.writeUInt32BE(4, 96);
  image.writeUInt32BE(104, 100);
  image.writeBigUInt64BE(BigInt(2 * cluster), cluster);
  for (let one = 0; one < 4; one += 1) image.writeUInt16BE(1, 2 * cluster + 2 * one);
  return image;
}

function formatExtension(format: string): Buffer {
  const extension = Buffer.alloc(8 + Math.ceil(format.length / 8) * 8);
  extension.writeUInt32BE(0xe2_79_2a_ca, 0);
  extension.writeUInt32BE(format.length, 4);
  extension.write(format, 8);
  return extension;
}

/** Copies `from` as it is now; the error, or the names in the destination's directory. */
async function outcome(options: CopyOptions = {}): Promise<unknown> {
  try {
    await start({}, options).wait();
    return await leftovers();
  } catch (error) {
    expect(await leftovers()).toEqual([]);
    return error;
  }
}

const published = ['copy.raw'];

describe('a source that is not safe to open', () => {
  it('is refused before a driver is asked, and its findings are told', async () => {
    await writeFile(from, qcow2({ backing: '/etc/passwd', backingFormat: 'raw' }));
    const { api, drivers } = apiWith([{}]);
    const error: unknown = await api
      .copy(from, to)
      .wait()
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'UNSAFE_IMAGE',
      origin: 'source',
      details: { findings: [{ rule: 'qcow2-backing-file', door: 'allow-backing' }] },
    });
    expect(drivers[0]?.asked).toEqual([]);
    await expect(api.plan(from, to)).rejects.toMatchObject({ code: 'UNSAFE_IMAGE' });
  });

  it.each([
    ['a data file', { incompatible: 4n }],
    ['a mark that it is corrupt', { incompatible: 2n }],
    ['a size over the limit', { virtualSize: 2n ** 50n }],
  ])('is refused with %s, whatever doors are open', async (_, header) => {
    await writeFile(from, qcow2(header));
    expect(await outcome({ allowBacking: true })).toMatchObject({ code: 'UNSAFE_IMAGE' });
  });

  it('is copied where the caller raises the limit on sizes', async () => {
    // The table for 4 TiB is larger than that of the header above: the image is cut short, but not too large.
    await writeFile(from, qcow2({ virtualSize: 2n ** 42n }));
    const error = await outcome({ maxVirtualSize: '8TiB' });
    expect(JSON.stringify(error)).not.toContain('virtual-size');
    await writeFile(from, qcow2({ virtualSize: 2n ** 29n }));
    expect(await outcome({ maxVirtualSize: '256MiB' })).toMatchObject({ code: 'UNSAFE_IMAGE' });
    expect(await outcome()).toEqual(published);
  });
});

describe('a format that is claimed', () => {
  it.each([
    ['raw', () => qcow2()],
    ['qcow2', () => Buffer.alloc(1000)],
  ] as const)('is refused when it is not %s', async (format, image) => {
    await writeFile(from, image());
    expect(await outcome({ format })).toMatchObject({ code: 'FORMAT_MISMATCH' });
  });

  it('and is right lets the image pass', async () => {
    await writeFile(from, qcow2());
    expect(await outcome({ format: 'qcow2' })).toEqual(published);
  });

  it('or found must be one that the config allows', async () => {
    await writeFile(from, qcow2());
    const { api } = apiWith([{}], { images: { formats: ['raw'] } });
    await expect(api.copy(from, to).wait()).rejects.toMatchObject({ code: 'FORMAT_MISMATCH' });
  });
});

describe('an image that needs another one', () => {
  let base: string;
  beforeEach(async () => {
    base = join(folder, 'base.qcow2');
    await writeFile(base, qcow2());
    await writeFile(from, qcow2({ backing: 'base.qcow2', backingFormat: 'qcow2' }));
  });

  it('is copied through the one door there is, and the plan names what it needs', async () => {
    const { api } = apiWith([{}]);
    const task = api.copy(from, to, { allowBacking: true });
    await task.wait();
    expect(await readFile(to)).toEqual(await readFile(from));
    expect(task.plan?.notes).toContainEqual(expect.stringContaining(`needs ${base} (qcow2)`));
  });

  it('is refused when that one is not safe itself', async () => {
    await writeFile(base, qcow2({ incompatible: 4n }));
    expect(await outcome({ allowBacking: true })).toMatchObject({ code: 'UNSAFE_IMAGE', message: expect.stringContaining(base) });
  });

  it('is refused when that one is not what it is said to be', async () => {
    await writeFile(base, Buffer.alloc(5000, 1));
    expect(await outcome({ allowBacking: true })).toMatchObject({ code: 'FORMAT_MISMATCH' });
  });

  it('is refused when that one is missing, or no image at all', async () => {
    await writeFile(from, qcow2({ backing: 'nothing.qcow2', backingFormat: 'qcow2' }));
    expect(await outcome({ allowBacking: true })).toMatchObject({
      code: 'UNSAFE_IMAGE',
      message: expect.stringContaining('nothing.qcow2'),
    });
    await mkdir(join(folder, 'nothing.qcow2'));
    expect(await outcome({ allowBacking: true })).toMatchObject({ code: 'UNSAFE_IMAGE' });
  });

  it('is refused when they go round in a circle', async () => {
    await writeFile(base, qcow2({ backing: './other.qcow2', backingFormat: 'qcow2' }));
    await symlink(from, join(folder, 'other.qcow2'));
    expect(await outcome({ allowBacking: true })).toMatchObject({ code: 'UNSAFE_IMAGE', message: expect.stringContaining('circle') });
  });

  it('is refused when there are too many, one behind the other', async () => {
    const next = (index: number): Buffer => qcow2({ backing: `${index}.qcow2`, backingFormat: 'qcow2' });
    for (let index = 1; index <= 20; index += 1) await writeFile(join(folder, `${index}.qcow2`), next(index + 1));
    await writeFile(from, next(1));
    expect(await outcome({ allowBacking: true })).toMatchObject({ code: 'UNSAFE_IMAGE', message: expect.stringContaining('more than 16') });
  });

  it('is refused when that one is outside of where the config wants it, also through a link', async () => {
    await mkdir(join(folder, 'allowed'));
    await symlink(base, join(folder, 'allowed/link.qcow2'));
    await writeFile(from, qcow2({ backing: 'allowed/link.qcow2', backingFormat: 'qcow2' }));
    const within = (root: string): Promise<unknown> =>
      apiWith([{}], { images: { backingRoots: [root] } })
        .api.copy(from, to, { allowBacking: true })
        .wait()
        .catch((error: unknown) => error);
    expect(await within(join(folder, 'allowed'))).toMatchObject({ code: 'UNSAFE_IMAGE' });
    expect(await within(folder)).toMatchObject({ verified: { by: 'size' } });
  });
});

describe('what arrives', () => {
  it('is judged, too: a driver may bring something else than was looked at', async () => {
    const evil = qcow2({ backing: '/etc/passwd', backingFormat: 'raw' });
    await writeFile(from, qcow2());
    const task = start({
      steps: [
        async (request) => {
          await writeFile(request.to.path, evil);
          return { counters: {} };
        },
      ],
    });
    await expect(task.wait()).rejects.toMatchObject({ code: 'UNSAFE_IMAGE', origin: 'destination' });
    expect(await leftovers()).toEqual([]);
  });

  it('may need no other image than the one that was checked', async () => {
    await writeFile(join(folder, 'base.qcow2'), qcow2());
    await writeFile(from, qcow2({ backing: 'base.qcow2', backingFormat: 'qcow2' }));
    const other = qcow2({ backing: 'evil.qcow2', backingFormat: 'qcow2' });
    const swap = async (request: { to: { path: string } }): Promise<{ counters: object }> => {
      await writeFile(request.to.path, other);
      return { counters: {} };
    };
    await expect(start({ steps: [swap] }, { allowBacking: true }).wait()).rejects.toMatchObject({ code: 'UNSAFE_IMAGE' });
    expect(await leftovers()).toEqual([]);
  });
});

describe('inspectImage', () => {
  it('gives the verdict that a copy would meet', async () => {
    await writeFile(from, qcow2({ backing: 'base.img', backingFormat: 'raw' }));
    expect(await inspectImage(from)).toMatchObject({
      format: 'qcow2',
      virtualSize: 2 ** 20,
      verdict: 'unsafe',
      backing: { name: 'base.img', format: 'raw' },
      findings: [{ rule: 'qcow2-backing-file' }],
    });
    expect(await inspectImage(from, { allowBacking: true })).toMatchObject({ verdict: 'safe' });
  });

  it('counts a wrong claim among the findings', async () => {
    await writeFile(from, qcow2());
    expect(await inspectImage(from, { format: 'raw' })).toMatchObject({ verdict: 'unsafe', findings: [{ rule: 'format-claim' }] });
    expect(await inspectImage(from)).toMatchObject({ verdict: 'safe', findings: [] });
  });
});

const hasQemu = spawnSync('qemu-img', ['--version']).status === 0;

it.skipIf(!hasQemu)('the images made for these tests are what they are taken for', async () => {
  await writeFile(from, qcow2());
  expect(spawnSync('qemu-img', ['check', '-f', 'qcow2', from]).status).toBe(0);
});
