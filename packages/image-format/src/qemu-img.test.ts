import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { detectFormat, headerLength } from './detect-format.ts';
import type { DetectedFormat } from './detect-format.ts';

// Not luks: making one measures the processor for seconds, and fails where the clock is too coarse.
const installed = spawnSync('qemu-img', ['--version']).status === 0;
const virtualSize = 64 * 2 ** 20;

describe.skipIf(!installed)(`images made by qemu-img${installed ? '' : ' (skipped: qemu-img is not installed)'}`, () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'image-format-'));
  });
  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  function detect(options: readonly string[]): { found: DetectedFormat; file: string } {
    const file = join(directory, 'image');
    rmSync(file, { force: true });
    execFileSync('qemu-img', ['create', '-q', ...options, file, String(virtualSize)]);
    return { found: detectFormat(headOf(file), statSync(file).size), file };
  }

  it.each<[DetectedFormat['format'], readonly string[]]>([
    ['raw', ['-f', 'raw']],
    ['qcow2', ['-f', 'qcow2', '-o', 'compat=1.1']],
    ['qcow2', ['-f', 'qcow2', '-o', 'compat=0.10']],
    ['vmdk', ['-f', 'vmdk', '-o', 'subformat=monolithicSparse']],
    ['vmdk', ['-f', 'vmdk', '-o', 'subformat=streamOptimized']],
    ['vmdk', ['-f', 'vmdk', '-o', 'subformat=monolithicFlat']],
    ['vmdk', ['-f', 'vmdk', '-o', 'subformat=twoGbMaxExtentSparse']],
    ['vdi', ['-f', 'vdi']],
    ['qed', ['-f', 'qed']],
  ])('are told apart, size and all: %s by %j', (format, options) => {
    expect(detect(options).found).toEqual({ format, virtualSize });
  });

  it('are told apart where the size is not in the header: vhdx', () => {
    expect(detect(['-f', 'vhdx']).found).toEqual({ format: 'vhdx' });
  });

  it('are told apart where the size is rounded to cylinders: vhd', () => {
    const { found, file } = detect(['-f', 'vpc']);
    const info = JSON.parse(execFileSync('qemu-img', ['info', '--output=json', '-f', 'vpc', file], { encoding: 'utf8' })) as Record<
      string,
      unknown
    >;
    expect(found).toEqual({ format: 'vhd', virtualSize: info['virtual-size'] });
  });

  it('of the fixed vhd kind look raw from the front', () => {
    expect(detect(['-f', 'vpc', '-o', 'subformat=fixed']).found.format).toBe('raw');
  });
});

function headOf(file: string): Uint8Array {
  const head = Buffer.alloc(headerLength);
  const descriptor = openSync(file, 'r');
  try {
    return head.subarray(0, readSync(descriptor, head));
  } finally {
    closeSync(descriptor);
  }
}
