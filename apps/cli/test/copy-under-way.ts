import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startImagectl, testDirectory } from './run-imagectl.ts';
import type { Running } from './run-imagectl.ts';

/** A copy in its middle: it would take 16 seconds. */
export async function copyUnderWay(...flags: readonly string[]): Promise<{ readonly directory: string; readonly running: Running }> {
  const directory = await testDirectory();
  await writeFile(join(directory, 'a.raw'), randomBytes(32 * 2 ** 20));
  const running = startImagectl(directory, ['copy', 'a.raw', 'b.raw', '--limit', '2MiB/s', '--json', ...flags]);
  let told = '';
  while (!/"type":"progress".*"bytesLogical":[1-9]/.test(told)) {
    const [piece] = (await Promise.race([once(running.child.stdout ?? running.child, 'data'), running.ended.then(() => [undefined])])) as [
      Buffer | undefined,
    ];
    if (piece === undefined) throw new Error(`the copy ended by itself: ${(await running.ended).stderr}`);
    told += piece.toString();
  }
  return { directory, running };
}
