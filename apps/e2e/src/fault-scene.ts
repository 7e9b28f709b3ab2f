import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import type { Place } from './expect-copied.ts';
import { writeRandomImage } from './image-files.ts';

/** A copy that is going to be hit by a fault, and what is there before it. */
export interface Scene {
  readonly from: Place;
  readonly to: Place;
  /** Of the image at `from`. */
  readonly digest: string;
  /** Of the image that has the destination's name before; absent when nothing has. */
  readonly oldDigest?: string;
  /** Of what a test may put under the destination's name meanwhile: `strangersText`. */
  readonly strangerDigest: string;
  /** Names that are beside the destination before. */
  readonly others: readonly string[];
  /** What follows `copy FROM TO --json`. */
  readonly args: readonly string[];
  /** The fault is one of the source, which is not what it was afterwards. Default false. */
  readonly changes?: boolean;
}

export interface SceneOptions {
  readonly from: Place;
  readonly to: Place;
  /** Size of the image. Default 16. */
  readonly mebibytes?: number;
  /** An image of another content has the destination's name already. Default false. */
  readonly old?: boolean;
  readonly args?: readonly string[];
  readonly changes?: boolean;
}

const strangersText = 'This file belongs to somebody else.\n';

/** Make the image, the directories of both ends and, where wanted, an old destination of half the size. */
export async function setScene({ from, to, mebibytes = 16, old = false, args = [], changes = false }: SceneOptions): Promise<Scene> {
  for (const { host, path } of [from, to]) await mkdir(host.outside(posix.dirname(path)), { recursive: true });
  const others = await readdir(to.host.outside(posix.dirname(to.path)));
  const digest = await writeRandomImage(from.host.outside(from.path), mebibytes);
  return {
    from,
    to,
    digest,
    ...(old && { oldDigest: await writeRandomImage(to.host.outside(to.path), Math.ceil(mebibytes / 2)) }),
    strangerDigest: createHash('sha256').update(strangersText).digest('hex'),
    others: posix.dirname(from.path) === posix.dirname(to.path) ? [...others, posix.basename(from.path)] : others,
    args: [...args, ...(old ? ['--overwrite', 'replace'] : [])],
    changes,
  };
}

/** Somebody else makes a file of the destination's name. */
export async function putStrangerAt({ host, path }: Place): Promise<void> {
  await writeFile(host.outside(path), strangersText, { flag: 'wx' });
}
