import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gpt, iso, luks, vdi } from '../test/images.ts';
import { memorySource } from '../test/memory-source.ts';
import { mend, mutate, mutations } from '../test/mutations.ts';
import { qcow2, writeBacking } from '../test/qcow2-images.ts';
import { fixedVhd, vhd } from '../test/vhd-images.ts';
import { vhdx } from '../test/vhdx-images.ts';
import { vmdk, vmdkWithFooter } from '../test/vmdk-images.ts';
import { examineImage } from './examine-image.ts';
import { judgeImage } from './judge-image.ts';
import { rules } from './rules.ts';

// A found counterexample is printed with the seed that leads to it.
const [secondsAlone, secondsWithQemu] = process.env['CHECK_ALL'] ? [60, 60] : [2.5, 2];
const qemuImg = spawnSync('qemu-img', ['--version']).status === 0;
const tebibyte = 2 ** 40;

const made = [
  qcow2(),
  qcow2({ version: 2 }),
  qcow2({ change: (image) => writeBacking(image, 'base.qcow2', 'qcow2') }),
  vmdk(),
  vmdkWithFooter(),
  vhd(),
  fixedVhd({ disk: gpt() }),
  vhdx(),
  vdi(),
  gpt(),
  iso(),
  luks(1),
];

let directory: string;
let images: readonly Buffer[] = made;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'image-format-'));
  if (qemuImg) images = [...made, ...imagesByQemu()];
});
afterAll(() => rmSync(directory, { recursive: true }));

/** Real ones of every format qemu-img writes, with the overlays that a mutation may turn into others. */
function imagesByQemu(): readonly Buffer[] {
  const options = [
    ['-f', 'qcow2'],
    ['-f', 'qcow2', '-o', 'compat=0.10'],
    ['-f', 'qcow2', '-o', 'extended_l2=on,lazy_refcounts=on'],
    ['-f', 'qcow2', '-o', 'data_file=data.raw'],
    ['-f', 'vmdk'],
    ['-f', 'vmdk', '-o', 'subformat=streamOptimized'],
    ['-f', 'vmdk', '-o', 'subformat=monolithicFlat'],
    ['-f', 'vpc'],
    ['-f', 'vhdx', '-o', 'block_size=1M'],
    ['-f', 'vdi'],
    ['-f', 'qed'],
  ];
  return options.map((words) => {
    execFileSync('qemu-img', ['create', '-q', ...words, join(directory, 'image'), '4M'], { cwd: directory });
    return readFileSync(join(directory, 'image'));
  });
}

const task = fc.record({ image: fc.nat(), mutations: mutations(6), mended: fc.boolean(), converting: fc.boolean() });
/** So that more of them pass. */
const lighterTask = fc.record({ image: fc.nat(), mutations: mutations(2), mended: fc.constant(true) });

function bytesOf({ image, mutations, mended }: { image: number; mutations: Parameters<typeof mutate>[1]; mended: boolean }): Buffer {
  const bytes = mutate(images[image % images.length]!, mutations, images);
  if (mended) mend(bytes);
  return bytes;
}

function forSeconds(seconds: number): fc.Parameters<unknown> {
  return { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: seconds * 1000, markInterruptAsFailure: false };
}

describe('any bytes', () => {
  it(
    'have an answer, soon, by little reading',
    async () => {
      let longestMs = 0;
      await fc.assert(
        fc.asyncProperty(task, async (given) => {
          const bytes = bytesOf(given);
          const startedAt = performance.now();
          const verdict = await examineImage(memorySource(bytes), { converting: given.converting });
          longestMs = Math.max(longestMs, performance.now() - startedAt);
          const { virtualSize = 0, findings } = verdict;
          expect(Number.isSafeInteger(virtualSize) && virtualSize >= 0).toBe(true);
          for (const { rule, message } of findings) {
            expect(message).toMatch(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]+$/u);
            expect(message.length).toBeLessThan(2000);
            expect(rules).toHaveProperty(rule);
          }
          expect(judgeImage(verdict) === undefined).toBe(findings.every(({ severity }) => severity === 'note'));
        }),
        forSeconds(secondsAlone),
      );
      expect(longestMs).toBeLessThan(2000);
    },
    (secondsAlone + 30) * 1000,
  );
});

describe.skipIf(!qemuImg)(`any image that passes${qemuImg ? '' : ' (skipped: qemu-img is not installed)'}`, () => {
  const drivers = new Map([['vhd', 'vpc'], ...['qcow2', 'vmdk', 'vhdx', 'vdi'].map((name) => [name, name] as const)]);

  it(
    'refers to no other file, and to no larger disk, for QEMU either',
    async () => {
      const file = join(directory, 'mutated');
      // What mutations name.
      writeFileSync(join(directory, 'other'), vmdk());
      let opened = 0;
      await fc.assert(
        fc.asyncProperty(lighterTask, async (given) => {
          const bytes = bytesOf(given);
          const verdict = await examineImage(memorySource(bytes), { maximumVirtualSize: tebibyte });
          const driver = drivers.get(verdict.format);
          if (judgeImage(verdict) || !driver) return;
          writeFileSync(file, bytes);
          const { status, stdout } = spawnSync('qemu-img', ['info', '--output=json', '-f', driver, file], { encoding: 'utf8' });
          // What QEMU cannot open it does not follow.
          if (status !== 0) return;
          opened += 1;
          const info = JSON.parse(stdout) as QemuInfo;
          expect(info).not.toHaveProperty('backing-filename');
          expect(info['virtual-size']).toBeLessThanOrEqual(tebibyte);
          const specific = info['format-specific']?.data ?? {};
          expect(specific).not.toHaveProperty('data-file');
          expect((specific.extents ?? []).map(({ filename }) => filename)).toEqual(driver === 'vmdk' ? [file] : []);
        }),
        forSeconds(secondsWithQemu),
      );
      expect(opened).toBeGreaterThan(0);
    },
    (secondsWithQemu + 30) * 1000,
  );
});

interface QemuInfo {
  readonly 'virtual-size': number;
  readonly 'format-specific'?: { readonly data: { readonly extents?: readonly { readonly filename: string }[] } };
}
