import { execFileSync } from 'node:child_process';
import { chmod, rm } from 'node:fs/promises';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inspect } from 'node:util';
import { isImageError } from '@image-api/driver';
import type { ImageError } from '@image-api/driver';
import { expect } from 'vitest';
import { always } from '../conformance-test.ts';
import type { ConformanceTest } from '../conformance-test.ts';
import { dense, mib } from '../content/content.ts';
import type { Content } from '../content/content.ts';
import type { Harness, StagingOptions } from '../harness/harness.ts';
import type { StagedCopy } from '../harness/staged-copy.ts';

export const errorsTests: readonly ConformanceTest[] = [
  {
    group: 'errors',
    name: 'tells a source that is gone, by its name',
    applies: always,
    run: async (harness) => {
      const error = await failureAfter(harness, dense(mib), (copy) => rm(copy.stage.files.from));
      expect(error).toMatchObject({ code: 'SOURCE_MISSING', origin: 'source' });
      expect(error.message).toContain('disk.raw');
    },
  },
  {
    group: 'errors',
    name: 'tells a source that may not be read',
    applies: always,
    missing: () => (process.getuid?.() === 0 ? 'root may read everything' : undefined),
    run: async (harness) => {
      const error = await failureAfter(harness, dense(mib), (copy) => chmod(copy.stage.files.from, 0));
      expect(error).toMatchObject({ code: 'SOURCE_UNREADABLE', origin: 'source' });
    },
  },
  {
    group: 'errors',
    name: 'tells a directory that is no longer there to write to',
    applies: always,
    run: async (harness) => {
      const error = await failureAfter(harness, dense(mib), (copy) => rm(dirname(copy.stage.files.to), { recursive: true }));
      expect(error).toMatchObject({ origin: 'destination' });
      expect(['DESTINATION_UNWRITABLE', 'WRITE_FAILED'], error.message).toContain(error.code);
    },
  },
  {
    group: 'errors',
    name: 'tells a disk that is full',
    applies: always,
    missing: whyNoMount,
    run: async (harness) => {
      let mounted = '';
      const prepare: StagingOptions['prepare'] = async ({ files }) => {
        mounted = dirname(files.to);
        mount(mounted);
      };
      try {
        const error = await failureAfter(harness, dense(4 * mib), () => Promise.resolve(), { prepare });
        expect(error).toMatchObject({ code: 'NO_SPACE', origin: 'destination' });
      } finally {
        if (mounted) execFileSync('umount', [mounted]);
      }
    },
  },
];

/** The error of a copy that was accepted before its end was damaged. */
async function failureAfter(
  harness: Harness,
  content: Content,
  damage: (copy: StagedCopy) => Promise<void>,
  options?: StagingOptions,
): Promise<ImageError> {
  const copy = await harness.stage(content, options);
  const request = await copy.request();
  await damage(copy);
  const { error } = await copy.transfer(request).outcome;
  expect(error, 'what it rejected with').toBeDefined();
  if (!isImageError(error)) return expect.fail(`it is no ImageError but ${inspect(error)}`);
  return error;
}

/** Why nothing can be mounted here; `undefined` when it can. */
function whyNoMount(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root may mount a small disk';
  const place = mkdtempSync(join(tmpdir(), 'image-api-conformance-mount-'));
  try {
    mount(place);
    execFileSync('umount', [place]);
    return undefined;
  } catch {
    return 'a small disk cannot be mounted here';
  } finally {
    rmdirSync(place);
  }
}

function mount(place: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'image-api-conformance', place], { stdio: 'pipe' });
}
