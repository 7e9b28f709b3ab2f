import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gpt } from '../test/images.ts';
import { detectFormat, headerLength } from './detect-format.ts';

/** A header with texts at places. */
function header(length: number, ...parts: readonly (readonly [offset: number, text: string])[]): Uint8Array {
  const bytes = Buffer.alloc(length);
  for (const [offset, text] of parts) bytes.write(text, offset, 'latin1');
  return bytes;
}

describe('detectFormat', () => {
  it('takes what it does not know for raw, as large as the file', () => {
    expect(detectFormat(header(512), 1_000_000)).toEqual({ format: 'raw', virtualSize: 1_000_000 });
    expect(detectFormat(new Uint8Array(0), 0)).toEqual({ format: 'raw', virtualSize: 0 });
    expect(detectFormat(header(512))).toEqual({ format: 'raw' });
  });

  it('finds a disc, and a partition table in sectors of both sizes', () => {
    expect(detectFormat(header(headerLength, [32_769, 'CD001']), 9)).toEqual({ format: 'iso', virtualSize: 9 });
    expect(detectFormat(gpt(512), 9)).toEqual({ format: 'gpt', virtualSize: 9 });
    expect(detectFormat(gpt(4096), 9)).toEqual({ format: 'gpt', virtualSize: 9 });
  });

  it('finds an encrypted disk of both versions', () => {
    for (const version of ['\u0001', '\u0002']) {
      expect(detectFormat(header(headerLength, [0, `LUKS\u00ba\u00be\0${version}`]), 9)).toEqual({ format: 'luks', virtualSize: 9 });
    }
  });

  it('finds the older kind of vmdk', () => {
    expect(detectFormat(header(512, [0, 'COWD'], [12, '\0\u0001\0\0']))).toEqual({ format: 'vmdk', virtualSize: 256 * 512 });
  });

  it('takes a disc that is also made for USB sticks for a disc', () => {
    const hybrid = gpt();
    hybrid.write('CD001', 32_769);
    expect(detectFormat(hybrid, 9).format).toBe('iso');
  });

  it('reads a text that describes a disk in several files', () => {
    const text = '# Disk DescriptorFile\nversion=1\n\n# Extents\nRW 4192256 SPARSE "a-s001.vmdk"\nRW 2048 SPARSE "a-s002.vmdk"\n';
    expect(detectFormat(Buffer.from(text))).toEqual({ format: 'vmdk', virtualSize: (4_192_256 + 2048) * 512 });
    for (const before of ['# any comment\r\n\n#more\n', '  \n', '\r\n', '']) {
      expect(detectFormat(Buffer.from(`${before}version=3\n`))).toEqual({ format: 'vmdk' });
    }
    expect(detectFormat(Buffer.from('#!/bin/sh\necho version=1\n')).format).toBe('raw');
  });

  it('takes no image for raw because it does not know its version', () => {
    expect(detectFormat(header(512, [0, 'QFI\u00fb\0\0\0\u0001'])).format).toBe('qcow2');
    expect(detectFormat(header(512, [0, 'LUKS\u00ba\u00be\0\u0009'])).format).toBe('luks');
  });

  it('leaves out a size too large to be counted', () => {
    expect(detectFormat(header(512, [0, 'QFI\u00fb\0\0\0\u0003'], [24, '\u00ff'.repeat(8)]))).toEqual({ format: 'qcow2' });
    expect(detectFormat(header(512, [0, 'KDMV'], [12, '\u00ff'.repeat(8)]))).toEqual({ format: 'vmdk' });
  });

  it('leaves out a size that a header cut short does not hold', () => {
    expect(detectFormat(header(20, [0, 'QFI\u00fb\0\0\0\u0003']))).toEqual({ format: 'qcow2' });
    expect(detectFormat(header(8, [0, 'conectix']))).toEqual({ format: 'vhd' });
  });

  it('looks only at the bytes it is given, wherever they lie in memory', () => {
    const around = header(64, [0, 'xxxxQED\0'], [52, '\u0001']);
    expect(detectFormat(around.subarray(4))).toEqual({ format: 'qed', virtualSize: 1 });
    expect(detectFormat(around.subarray(4, 7)).format).toBe('raw');
  });

  it('has an answer for any bytes, and never a size that is none', () => {
    const magic = fc.constantFrom(
      'QFI\u00fb\0\0\0\u0002',
      'KDMV',
      'COWD',
      '# Disk DescriptorFile\nRW 9',
      '#\n',
      'vhdxfile',
      'conectix',
      'QED\0',
      'LUKS\u00ba\u00be\0\u0001',
      '',
    );
    const bytes = fc
      .tuple(magic, fc.uint8Array({ maxLength: 600 }))
      .map(([start, rest]) => Buffer.concat([Buffer.from(start, 'latin1'), rest]));
    fc.assert(
      fc.property(bytes, fc.option(fc.nat(), { nil: undefined }), (head, size) => {
        const { virtualSize = 0 } = detectFormat(head, size);
        expect(Number.isSafeInteger(virtualSize) && virtualSize >= 0).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
