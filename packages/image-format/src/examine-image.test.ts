import { describe, expect, it } from 'vitest';
import { gpt, imageWith, iso, luks, vdi, virtualSize } from '../test/images.ts';
import { memorySource } from '../test/memory-source.ts';
import { qcow2, writeBacking, writeExtensions } from '../test/qcow2-images.ts';
import { otherRows } from '../test/unsafe/other-rows.ts';
import { qcow2Rows } from '../test/unsafe/qcow2-rows.ts';
import { vhdRows } from '../test/unsafe/vhd-rows.ts';
import { vhdxRows } from '../test/unsafe/vhdx-rows.ts';
import { vmdkRows } from '../test/unsafe/vmdk-rows.ts';
import { fixedVhd, vhd } from '../test/vhd-images.ts';
import { vhdx, vhdxPlaces } from '../test/vhdx-images.ts';
import { descriptor, vmdk, vmdkWithFooter } from '../test/vmdk-images.ts';
import { examineImage } from './examine-image.ts';
import type { ImageFormat } from './image-format.ts';
import { rules } from './rules.ts';
import type { Verdict } from './verdict.ts';

const rows = [...qcow2Rows, ...vmdkRows, ...vhdRows, ...vhdxRows, ...otherRows];

describe('what is wrong with an image', () => {
  it.each(rows)('is found, and nothing else: $what', async ({ rules: expected, image }) => {
    const { findings } = await examineImage(memorySource(image()));
    expect([...new Set(findings.map(({ rule }) => rule))].toSorted(), JSON.stringify(findings, null, 1)).toEqual(expected.toSorted());
    for (const { rule, severity, message } of findings) {
      expect(severity, rule).toBe(rules[rule].severity);
      expect(message).toMatch(/^[\u0020-\u007e\u2026]+$/);
      expect(message).toContain(`: ${rules[rule].why}; ${rules[rule].wayOut}`);
      expect(message.length).toBeLessThan(800);
    }
  });

  it('is tried for every rule there is', () => {
    const tried = new Set(rows.flatMap((row) => row.rules));
    const ofPolicy = ['format-claim', 'format-not-allowed'];
    expect(Object.keys(rules).filter((rule) => !ofPolicy.includes(rule) && !tried.has(rule as keyof typeof rules))).toEqual([]);
  });
});

describe('an image with nothing wrong', () => {
  const good: Readonly<Record<string, readonly [ImageFormat, Buffer, size?: number]>> = {
    'of nothing': ['raw', Buffer.alloc(0), 0],
    'of one byte': ['raw', Buffer.alloc(1), 1],
    'of zeros': ['raw', Buffer.alloc(200_000), 200_000],
    'of qcow2': ['qcow2', qcow2()],
    'of qcow2, version 2': ['qcow2', qcow2({ version: 2 })],
    'of qcow2 with a header of the first length': ['qcow2', qcow2({ change: (image) => image.writeUInt32BE(104, 100) })],
    'of qcow2 with entries of the longer kind': ['qcow2', qcow2({ change: (image) => image.writeUInt8(16, 79) })],
    'of qcow2 compressed by zstd': ['qcow2', qcow2({ change: (image) => [image.writeUInt8(8, 79), image.writeUInt8(1, 104)] })],
    'of qcow2 with unknown extensions': ['qcow2', qcow2({ change: (image) => writeExtensions(image, 112, [7, 'seven'], [8, '']) })],
    'of qcow2 with features one may ignore': ['qcow2', qcow2({ change: (image) => image.fill(0xff, 80, 96) })],
    'of vmdk': ['vmdk', vmdk()],
    'of vmdk, with a footer': ['vmdk', vmdkWithFooter()],
    'of vmdk, with lines of Windows': ['vmdk', vmdk({ text: descriptor.replaceAll('\n', '\r\n') })],
    'of vmdk, with a rest of an older text': ['vmdk', vmdk({ text: `${descriptor}\0"\n` })],
    'of vhd': ['vhd', vhd()],
    'of fixed vhd': ['vhd', fixedVhd(), 65_536],
    'of fixed vhd, partitioned': ['vhd', fixedVhd({ disk: gpt() }), 131_072],
    'of vhdx': ['vhdx', vhdx()],
    'of vhdx, with an earlier header that had a log': ['vhdx', vhdx((image) => image.writeUInt8(1, vhdxPlaces.headers[0] + 48))],
    'of vhdx, with an earlier header that is damaged': [
      'vhdx',
      vhdx(undefined, (image) => image.writeUInt8(1, vhdxPlaces.headers[0] + 99)),
    ],
    'of vdi': ['vdi', vdi()],
    'of luks': ['luks', luks(1), 65_536],
    'that is a disc': ['iso', iso(), 131_072],
    'that is a disc and a disk': ['iso', iso((image) => gpt().copy(image, 0, 0, 1024)), 131_072],
    'that is partitioned': ['gpt', gpt(), 131_072],
    'that is partitioned in large sectors': ['gpt', gpt(4096), 131_072],
    'with a table nobody protects': ['raw', imageWith(4096, [512, 'EFI PART']), 4096],
    'with a FAT file system and bytes like a table': [
      'raw',
      gpt(512, (image) => image.write('\u00eb<\u0090MSDOS5.0', 'latin1') && image.write('FAT16', 54)),
      131_072,
    ],
  };

  it.each(Object.keys(good))('is told, size and all: %s', async (name) => {
    const [format, image, size = virtualSize] = good[name]!;
    expect(await examineImage(memorySource(image))).toEqual({ format, virtualSize: size, findings: [] });
  });
});

describe('examineImage', () => {
  const backingOf = async (name: string, format?: string): Promise<Verdict['backing']> =>
    (await examineImage(memorySource(qcow2({ change: (image) => writeBacking(image, name, format) })))).backing;

  it('tells the backing file as the header does', async () => {
    expect(await backingOf('/images/b\u00e4se.qcow2', 'qcow2')).toEqual({ name: '/images/b\u00e4se.qcow2', format: 'qcow2' });
    expect(await backingOf('base')).toEqual({ name: 'base' });
    expect(await backingOf('a\nb', 'raw')).toBeUndefined();
  });

  it('has one door, for backing files', async () => {
    const { findings } = await examineImage(memorySource(qcow2({ change: (image) => writeBacking(image, 'base', 'raw') })));
    expect(findings).toMatchObject([{ rule: 'qcow2-backing-file', severity: 'refuse', door: 'allow-backing' }]);
    expect(Object.values(rules).filter((rule) => 'door' in rule)).toHaveLength(1);
  });

  it('refuses internal snapshots when they would be lost', async () => {
    const image = qcow2({ change: (image) => image.writeUInt32BE(1, 60) });
    const severities = [{}, { converting: true }].map(
      async (options) => (await examineImage(memorySource(image), options)).findings[0]?.severity,
    );
    expect(await Promise.all(severities)).toEqual(['note', 'refuse']);
  });

  it('has a limit to the size that headers may declare, not to that of plain bytes', async () => {
    const rulesOf = async (image: Buffer, maximumVirtualSize: number): Promise<readonly string[]> =>
      (await examineImage(memorySource(image), { maximumVirtualSize })).findings.map(({ rule }) => rule);
    expect(await rulesOf(qcow2(), virtualSize)).toEqual([]);
    expect(await rulesOf(qcow2(), virtualSize - 1)).toEqual(['virtual-size']);
    expect(await rulesOf(vhdx(), virtualSize - 1)).toEqual(['virtual-size']);
    expect(await rulesOf(Buffer.alloc(1000), 1)).toEqual([]);
    expect(await rulesOf(luks(1), 1)).toEqual([]);
  });

  it('leaves out a size too large to be counted', async () => {
    const { virtualSize } = await examineImage(memorySource(qcow2({ change: (image) => image.fill(0xff, 24, 32) })));
    expect(virtualSize).toBeUndefined();
  });

  it('shows names so that no terminal acts on them, and not at full length', async () => {
    const name = `\u202e${'x'.repeat(900)}`;
    const { findings } = await examineImage(memorySource(qcow2({ change: (image) => writeBacking(image, name, 'raw') })));
    expect(findings[0]?.message).toContain(`"\\u{202e}${'x'.repeat(199)}\u2026"`);
  });

  it('rejects with the error of a read that fails, and with nothing else', async () => {
    const failure = new Error('the disk is on fire');
    await expect(examineImage({ size: 9, read: () => Promise.reject(failure) })).rejects.toBe(failure);
  });

  it('finds a text that describes a disk in other files, as QEMU would', async () => {
    const extents = '# Disk DescriptorFile\nRW 4192256 SPARSE "a-s001.vmdk"\nRW 2048 SPARSE "a-s002.vmdk"\n';
    expect(await examineImage(memorySource(Buffer.from(extents)))).toMatchObject({ format: 'vmdk', virtualSize: (4_192_256 + 2048) * 512 });
    for (const before of ['# any comment\r\n\n#more\n', '  \n', '\r\n', '']) {
      expect((await examineImage(memorySource(Buffer.from(`${before}version=3\n`)))).format, before).toBe('vmdk');
    }
    expect((await examineImage(memorySource(Buffer.from('#!/bin/sh\necho version=1\n')))).format).toBe('raw');
  });

  it('looks only at the bytes it is given, wherever they lie in memory', async () => {
    const around = imageWith(64, [0, 'xxxxQED\0'], [52, '\u0001']);
    expect(await examineImage(memorySource(around.subarray(4)))).toMatchObject({ format: 'qed', virtualSize: 1 });
    expect((await examineImage(memorySource(around.subarray(4, 7)))).format).toBe('raw');
  });

  it('has an answer where fewer bytes come than there were', async () => {
    const asFile = (image: Buffer): ReturnType<typeof examineImage> => examineImage({ size: 2 ** 40, read: async () => [image] });
    expect(await asFile(Buffer.alloc(0))).toEqual({ format: 'raw', virtualSize: 2 ** 40, findings: [] });
    expect((await asFile(vhdx().subarray(0, 100))).findings.map(({ rule }) => rule)).toEqual(['vhdx-header', 'vhdx-regions']);
  });

  it.each(Object.entries({ qcow2: qcow2(), vhdx: vhdx(), raw: Buffer.alloc(3 * 2 ** 20) }))(
    'reads little, in few calls: %s',
    async (_, image) => {
      const asked = { calls: 0, bytes: 0 };
      await examineImage(memorySource(image, asked));
      expect(asked.calls).toBeLessThanOrEqual(3);
      expect(asked.bytes).toBeLessThanOrEqual(512 * 1024);
    },
  );
});
