import * as fs from 'node:fs/promises';

/** Filesystems without hard links, and files that may not have another one. */
const noLinks: ReadonlySet<string | undefined> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'ENOSYS']);

/**
 * Give a file a new name only if nothing has it. A hard link refuses a name that is taken, which renaming would not; where there are
 * none, an empty file of ours holds the name until the rename: somebody who looks in between sees an empty file.
 */
export async function renameNewLocally(from: string, to: string): Promise<void> {
  try {
    await fs.link(from, to);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await areTwoNames(from, to))) return fs.unlink(from);
    if (noLinks.has(code)) return renameOntoPlaceholder(from, to);
    throw error;
  }
  await fs.unlink(from);
}

/** A try that was interrupted between the link and the removal of the old name. */
async function areTwoNames(from: string, to: string): Promise<boolean> {
  const [one, other] = await Promise.all([fs.lstat(from, { bigint: true }), fs.lstat(to, { bigint: true })]);
  return from !== to && one.dev === other.dev && one.ino === other.ino && one.nlink > 1n;
}

async function renameOntoPlaceholder(from: string, to: string): Promise<void> {
  await (await fs.open(to, 'wx', 0o600)).close();
  try {
    await fs.rename(from, to);
  } catch (error) {
    await fs.unlink(to);
    throw error;
  }
}
