import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { examineImage } from './examine-image.ts';
import type { ImageFormat } from './image-format.ts';
import type { Verdict } from './verdict.ts';

// Not luks: making one measures the processor for seconds, and fails where the clock is too coarse.
const installed = spawnSync('qemu-img', ['--version']).status === 0;
const virtualSize = 64 * 2 ** 20;

describe.skipIf(!installed)(`images made by qemu-img${installed ? '' : ' (skipped: qemu-img is not installed)'}`, () => {
  let directory: string;
  let file: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'image-format-'));
    file = join(directory, 'image');
    // Enough to need more than one table, and to be squeezed.
    writeFileSync(join(directory, 'content'), Buffer.alloc(3 * 2 ** 20, 'some content '));
  });
  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  function qemuImg(...args: readonly string[]): string {
    return execFileSync('qemu-img', args, { encoding: 'utf8', cwd: directory });
  }

  function create(options: readonly string[], size: number = virtualSize): void {
    rmSync(file, { force: true });
    qemuImg('create', '-q', ...options, file, String(size));
  }

  function sizeByQemu(driver: string): unknown {
    return (JSON.parse(qemuImg('info', '--output=json', '-f', driver, file)) as Record<string, unknown>)['virtual-size'];
  }

  describe.each<[ImageFormat, driver: string, options: string]>([
    ['raw', 'raw', ''],
    ['qcow2', 'qcow2', 'compat=0.10'],
    ['qcow2', 'qcow2', 'compat=1.1'],
    ['qcow2', 'qcow2', 'cluster_size=512'],
    ['qcow2', 'qcow2', 'cluster_size=2M'],
    ['qcow2', 'qcow2', 'extended_l2=on'],
    ['qcow2', 'qcow2', 'extended_l2=on,cluster_size=16k'],
    ['qcow2', 'qcow2', 'compression_type=zstd'],
    ['qcow2', 'qcow2', 'lazy_refcounts=on,refcount_bits=1'],
    ['qcow2', 'qcow2', 'refcount_bits=64'],
    ['qcow2', 'qcow2', 'preallocation=metadata'],
    ['vmdk', 'vmdk', 'subformat=monolithicSparse'],
    ['vmdk', 'vmdk', 'subformat=monolithicSparse,hwversion=6'],
    ['vmdk', 'vmdk', 'subformat=streamOptimized'],
    ['vdi', 'vdi', ''],
    ['vdi', 'vdi', 'static=on'],
    ['vhd', 'vpc', ''],
    ['vhd', 'vpc', 'force_size=on'],
    ['vhd', 'vpc', 'subformat=fixed'],
    ['vhdx', 'vhdx', ''],
    ['vhdx', 'vhdx', 'subformat=fixed'],
    ['vhdx', 'vhdx', 'block_size=256M'],
  ])('have nothing wrong: %s by %s, %s', (format, driver, options) => {
    const words = ['-f', driver, ...(options === '' ? [] : ['-o', options])];

    it('empty', async () => {
      create(words);
      expect(await examine(file)).toEqual({ format, virtualSize: sizeByQemu(driver), findings: [] });
    });

    it('with something in it', async () => {
      rmSync(file, { force: true });
      qemuImg('convert', '-f', 'raw', ...words.with(0, '-O'), join(directory, 'content'), file);
      expect(await examine(file)).toEqual({ format, virtualSize: sizeByQemu(driver), findings: [] });
    });
  });

  it.each([
    ['qcow2', 'qcow2', 0],
    ['qcow2', 'qcow2', 2 * 2 ** 40],
    ['vmdk', 'vmdk', 2 ** 40],
    ['vhdx', 'vhdx', 2 ** 40],
    ['vdi', 'vdi', 2 ** 40],
  ])('have nothing wrong at any size: %s by %s of %d bytes', async (format, driver, size) => {
    create(['-f', driver], size);
    expect(await examine(file)).toEqual({ format, virtualSize: size, findings: [] });
  });

  it('are safe with a bitmap, and noted for a snapshot', async () => {
    create(['-f', 'qcow2']);
    qemuImg('bitmap', '--add', file, 'changes');
    expect((await examine(file)).findings).toEqual([]);
    qemuImg('snapshot', '-c', 'before', file);
    expect((await examine(file)).findings).toMatchObject([{ rule: 'qcow2-snapshots', severity: 'note' }]);
  });

  it.each<[rule: string, options: readonly string[]]>([
    ['virtual-size', ['-f', 'qcow2']],
    ['qcow2-data-file', ['-f', 'qcow2', '-o', 'data_file=content.raw']],
    ['vmdk-descriptor-file', ['-f', 'vmdk', '-o', 'subformat=monolithicFlat']],
    ['vmdk-descriptor-file', ['-f', 'vmdk', '-o', 'subformat=twoGbMaxExtentSparse']],
    ['qed', ['-f', 'qed']],
  ])('are refused where they are to be: %s', async (rule, options) => {
    create(options, rule === 'virtual-size' ? 2 ** 50 : virtualSize);
    expect((await examine(file)).findings.map((found) => found.rule)).toEqual([rule]);
  });

  it.each(['qcow2', 'vmdk'])('are refused as layers over others: %s', async (driver) => {
    const base = join(directory, 'base');
    qemuImg('create', '-q', '-f', driver, base, String(virtualSize));
    create(['-f', driver, '-b', base, '-F', driver]);
    const { backing, findings } = await examine(file);
    expect(findings.map(({ rule }) => rule)).toEqual([driver === 'qcow2' ? 'qcow2-backing-file' : 'vmdk-parent']);
    expect(findings[0]?.message).toContain(base);
    expect(backing).toEqual(driver === 'qcow2' ? { name: base, format: driver } : undefined);
  });
});

/** Examine a file, reading no more of it than is asked for. */
async function examine(file: string): Promise<Verdict> {
  const descriptor = openSync(file, 'r');
  try {
    return await examineImage({
      size: statSync(file).size,
      read: async (ranges) =>
        ranges.map(({ offset, length }) => {
          const piece = Buffer.alloc(length);
          return piece.subarray(0, readSync(descriptor, piece, 0, length, offset));
        }),
    });
  } finally {
    closeSync(descriptor);
  }
}
