import { createHash } from 'node:crypto';
import { open, readdir } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { posix } from 'node:path';
import type { Place } from '../expect-copied.ts';

/** A file as it is at one moment. */
export interface FileState {
  readonly digest: string;
  readonly inode: bigint;
  readonly mode: number;
  readonly changedNs: bigint;
}

/** A destination and what is beside it. */
export interface Surroundings {
  /** What has the name. */
  readonly image?: FileState;
  /** Everything else there, by name. */
  readonly others: ReadonlyMap<string, FileState>;
}

export async function lookAround(destination: Place): Promise<Surroundings> {
  const image = await lookAt(destination);
  const { dir, base } = posix.parse(destination.path);
  const others = new Map<string, FileState>();
  for (const name of await readdir(destination.host.outside(dir))) {
    const other = name === base ? undefined : await lookAt({ ...destination, path: posix.join(dir, name) });
    if (other) others.set(name, other);
  }
  return { ...(image && { image }), others };
}

/** `undefined` when nothing is there. What it says is of one and the same file, whatever gets its name meanwhile. */
async function lookAt({ host, path }: Place): Promise<FileState | undefined> {
  const file = await open(host.outside(path)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  try {
    return file && (await stateOf(file));
  } finally {
    await file?.close();
  }
}

async function stateOf(file: FileHandle): Promise<FileState> {
  const { ino, mode, ctimeNs } = await file.stat({ bigint: true });
  const hash = createHash('sha256');
  for await (const piece of file.createReadStream({ autoClose: false, highWaterMark: 2 ** 20 })) hash.update(piece as Buffer);
  return { digest: hash.digest('hex'), inode: ino, mode: Number(mode & 0o777n), changedNs: ctimeNs };
}
