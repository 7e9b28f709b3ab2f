import { rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Capabilities } from '@image-api/driver';
import { expect } from 'vitest';
import type { ConformanceTest } from '../conformance-test.ts';
import { bytesAt, kib } from '../content/content.ts';
import type { Content } from '../content/content.ts';
import type { Harness } from '../harness/harness.ts';
import type { RunningTransfer } from '../harness/running-transfer.ts';
import type { StagedCopy } from '../harness/staged-copy.ts';
import { openReadyImage } from '../reading/open-ready-image.ts';
import type { ImageReader } from '../reading/open-ready-image.ts';
import { everyEnding } from './every-ending.ts';
import { longCopy } from './long-copy.ts';

const readyEarly = (capabilities: Capabilities): boolean => capabilities.readyEarly === true;

export const readyEarlyTests: readonly ConformanceTest[] = [
  {
    group: 'readyEarly',
    name: 'hands out an address where the right bytes are read, the last ones too, before the copy is complete',
    applies: readyEarly,
    timed: true,
    run: async (harness) => {
      const { copy, transfer, reader } = await attached(harness);
      await expectRightBytes(reader, copy.content);
      expect(transfer.settled, 'it was complete already').toBe(false);
      await reader.close();
      expect((await transfer.outcome).error).toBeUndefined();
      await transfer.release();
      await copy.expectSame();
    },
  },
  {
    group: 'readyEarly',
    name: 'serves a client that is attached through completion and the rename, until it leaves',
    applies: readyEarly,
    run: async (harness) => {
      const { copy, transfer, reader } = await attached(harness);
      expect((await transfer.outcome).error).toBeUndefined();
      await expectRightBytes(reader, copy.content);
      const { to } = copy.stage.files;
      await rename(to, join(dirname(to), 'published'));
      await expectRightBytes(reader, copy.content);
      await reader.close();
      await transfer.release();
    },
  },
  {
    group: 'readyEarly',
    name: 'ends what it serves when it is released',
    applies: readyEarly,
    run: async (harness) => {
      const { transfer, reader } = await attached(harness);
      await transfer.outcome;
      await reader.close();
      await transfer.release();
      const [image] = transfer.readyImages;
      const answers = image?.uri.startsWith('nbd') && (await isAnswered(image.uri));
      expect(answers, 'whether it can still be attached to').not.toBe(true);
      expect(harness.breachesOf('no process is left')).toEqual([]);
    },
  },
  {
    group: 'readyEarly',
    name: 'never calls ready, as it does not claim `readyEarly`',
    applies: (capabilities) => !readyEarly(capabilities),
    run: async (harness) => {
      await everyEnding(harness);
      expect(harness.breachesOf('ready is only called by who claims it')).toEqual([]);
    },
  },
];

/** A long copy with a client at its address. */
async function attached(harness: Harness): Promise<{ copy: StagedCopy; transfer: RunningTransfer; reader: ImageReader }> {
  const { content, wish } = longCopy(harness.capabilities);
  const copy = await harness.stage(content);
  const transfer = await copy.begin(wish, { keepReady: true });
  expect(await transfer.reachesReady(), 'ready before it is complete').toBe(true);
  const [image] = transfer.readyImages;
  return { copy, transfer, reader: await openReadyImage(image?.uri ?? '') };
}

async function isAnswered(uri: string): Promise<boolean> {
  try {
    await (await openReadyImage(uri)).close();
    return true;
  } catch {
    return false;
  }
}

async function expectRightBytes(reader: ImageReader, content: Content): Promise<void> {
  const length = 64 * kib;
  for (const at of [content.size - length, 0, content.size / 2]) {
    const right = (await reader.read(at, length)).equals(bytesAt(content, at, length));
    expect(right, `the bytes read at ${at} are right`).toBe(true);
  }
}
