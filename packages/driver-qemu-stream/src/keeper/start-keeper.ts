import { isImageError } from '@image-api/driver';
import { startKeeper } from '@image-api/host';
import { keeperDirectory, keeperSockets, makeKeeperDirectory, sweepKeepers } from './keeper-directory.ts';
import { callKeeper } from './keeper-line.ts';
import type { KeeperLine } from './keeper-line.ts';
import { keeperProgram } from './keeper-program.ts';

/**
 * Find the keeper of a staging file, which may still serve what an interrupted try has handed out, or start one: a program of its own that
 * outlives us while somebody uses the image.
 *
 * @throws ImageError `TOOL_FAILED` when it does not start, `DESTINATION_BUSY` when it works for another
 */
export async function findKeeper(to: string): Promise<KeeperLine> {
  const { control } = keeperSockets(keeperDirectory(to));
  return (await leaseFound(control)) ?? startOne(to, control);
}

/** One that is just about to end does not answer, and is gone when its line is closed. */
async function leaseFound(control: string): Promise<KeeperLine | undefined> {
  const line = await callKeeper(control);
  if (!line) return undefined;
  try {
    await line.order({ do: 'lease' });
    return line;
  } catch (error) {
    if (isImageError(error) && error.code === 'DESTINATION_BUSY') throw error;
    line.destroy();
    return undefined;
  }
}

async function startOne(to: string, control: string): Promise<KeeperLine> {
  await sweepKeepers().catch(() => undefined);
  return startKeeper({
    program: keeperProgram(),
    args: [makeKeeperDirectory(to)],
    driver: 'qemu-stream',
    does: 'keeps an image while it arrives',
    call: () => leaseFound(control),
  });
}
