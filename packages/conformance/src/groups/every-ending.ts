import { rm } from 'node:fs/promises';
import { mib, dense } from '../content/content.ts';
import type { Harness } from '../harness/harness.ts';
import { longCopy } from './long-copy.ts';

/** A copy that ends well, one that is cancelled on the way, and one whose source is gone: once in a run, so that there is something to judge. */
export function everyEnding(harness: Harness): Promise<void> {
  return harness.once('every ending', async () => {
    await (
      await (await harness.stage(dense(mib))).begin()
    ).outcome;
    const { content, wish } = longCopy(harness.capabilities);
    const cut = await (await harness.stage(content)).begin(wish);
    await cut.reaches(mib);
    cut.abort();
    await cut.outcome;
    const gone = await harness.stage(dense(mib));
    const request = await gone.request();
    await rm(gone.stage.files.from);
    await gone.transfer(request).outcome;
  });
}
