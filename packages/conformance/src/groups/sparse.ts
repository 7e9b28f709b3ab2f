import { stat } from 'node:fs/promises';
import type { Capabilities } from '@image-api/driver';
import { expect } from 'vitest';
import type { ConformanceTest } from '../conformance-test.ts';
import { dataIn, gib, mib, sparse } from '../content/content.ts';

const keepsHoles = (capabilities: Capabilities): boolean => capabilities.sparse === true;
/** What a filesystem may need beside the data to say where it is. */
const bookkeeping = 2 * mib;

export const sparseTests: readonly ConformanceTest[] = [
  {
    group: 'sparse',
    name: 'keeps a gibibyte of holes, the one at the end too',
    applies: keepsHoles,
    run: async (harness) => {
      const content = sparse(gib);
      const copy = await harness.stage(content);
      await copy.copy();
      const { blocks } = await stat(copy.stage.files.to);
      expect(blocks * 512, 'bytes allocated').toBeLessThan(dataIn(content) + bookkeeping);
      await copy.expectSame();
    },
  },
  {
    group: 'sparse',
    name: 'copies an image with holes exactly',
    applies: () => true,
    run: async (harness) => {
      const copy = await harness.stage(sparse(32 * mib));
      await copy.copy();
      await copy.expectSame();
    },
  },
];
