import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ImageError } from '@image-api/driver';
import { ifThere, runtimeDirectory } from '@image-api/host';
import { keeperParent, keeperSockets } from './keeper/keeper-directory.ts';
import { callKeeper } from './keeper/keeper-line.ts';
import type { KeeperLine } from './keeper/keeper-line.ts';
import type { KeptImage } from './keeper/messages.ts';

/** A keeper that does not answer for so long hangs. */
const patienceMs = 5000;

/** An image that is served on after its copy is over, or was interrupted, for those that are attached. */
export type ServedImage = Omit<KeptImage, 'serving'>;

/**
 * The images of this user that are served on though nobody copies them any more. One whose keeper was killed, or does not answer, is left
 * out.
 */
export async function listServedImages(): Promise<readonly ServedImage[]> {
  const found = await eachKeeper((line) => line.order<KeptImage | null>({ do: 'tell' }));
  return found.flatMap((image) => {
    if (!image?.serving) return [];
    const { serving: _, ...served } = image;
    return [served];
  });
}

/**
 * End what serves an image that nobody is attached to any more.
 *
 * @param id of the copy's task
 * @returns the image; `undefined` when none with that id is served on
 * @throws ImageError DESTINATION_BUSY while somebody is attached
 */
export async function letGoOfServedImage(id: string): Promise<ServedImage | undefined> {
  const [image] = await eachKeeper(async (line) => {
    const image = await line.order<KeptImage | null>({ do: 'tell' });
    if (!image?.serving || image.id !== id) return undefined;
    const attached = await line.order<number>({ do: 'let go' });
    if (attached === 0) await line.closed;
    return { ...image, attached };
  });
  if (image && image.attached > 0) throw stillAttached(image);
  return image;
}

/** What each that answers in time says, if anything. */
async function eachKeeper<T>(ask: (line: KeeperLine) => Promise<T>): Promise<NonNullable<T>[]> {
  const parent = join(runtimeDirectory(), keeperParent);
  const names = (await ifThere(() => readdir(parent))) ?? [];
  const answers = await Promise.all(
    names.map(async (name) => {
      const line = await callKeeper(keeperSockets(join(parent, name)).control);
      if (!line) return undefined;
      const waited = new AbortController();
      try {
        return await Promise.race([ask(line), sleep(patienceMs, undefined, { signal: waited.signal })]);
      } catch {
        return undefined;
      } finally {
        waited.abort();
        line.destroy();
      }
    }),
  );
  return answers.filter((answer) => answer !== undefined && answer !== null);
}

function stillAttached({ to, uri, attached, complete }: ServedImage): ImageError {
  const who = attached === 1 ? 'one client is' : `${attached} clients are`;
  const then = complete ? 'it then ends by itself' : 'it then ends by itself, what has come is kept, and the same copy goes on from it';
  return new ImageError(`${who} attached to ${to} at ${uri}: shut the machine down, or detach its disk; ${then}`, {
    code: 'DESTINATION_BUSY',
    origin: 'destination',
    driver: 'qemu-stream',
  });
}
