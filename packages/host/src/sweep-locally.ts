import { constants } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import * as fs from 'node:fs/promises';
import { posix } from 'node:path';
import type { Leftover, SweepOptions } from '@image-api/driver';
import { attempt } from './attempt.ts';
import { findTool } from './find-tool.ts';
import { ifThere } from './if-there.ts';
import { hasName, isInUse, isLocked, lockFile } from './lock-file.ts';
import { toolMissing } from './run-local.ts';
import { stagingNames } from './staging-names.ts';

/** See `Host.sweep`. */
export async function sweepLocally(directory: string, options: SweepOptions, ours: NodeJS.ProcessEnv): Promise<Leftover[]> {
  const names = await attempt('destination', 'look into', directory, () => ifThere(() => fs.readdir(directory)));
  const leftovers: Leftover[] = [];
  for (const name of stagingNames(names ?? [], options)) {
    const path = posix.join(directory, name);
    const leftover = await attempt('destination', 'remove', path, () => sweepOne(path, options, ours));
    if (leftover) leftovers.push(leftover);
  }
  return leftovers;
}

async function sweepOne(
  path: string,
  { olderThanMs = 0, dryRun = false }: SweepOptions,
  ours: NodeJS.ProcessEnv,
): Promise<Leftover | undefined> {
  const found = await ifThere(() => fs.lstat(path, { bigint: true }));
  if (!found || !isOurs(found)) return undefined;
  const leftover = describe(path, found);
  if (dryRun || leftover.ageMs < olderThanMs) return { ...leftover, state: (await isLocked(found)) ? 'held' : 'kept' };
  return removeUnlessHeld(path, leftover, ours);
}

async function removeUnlessHeld(path: string, leftover: Omit<Leftover, 'state'>, ours: NodeJS.ProcessEnv): Promise<Leftover | undefined> {
  if (!(await findTool('flock', ours['PATH']))) throw toolMissing('flock', 'local');
  const file = await ifThere(() => open(path));
  if (!file) return undefined;
  try {
    if (!(await lockFile(file, path, ours))) return { ...leftover, state: 'held' };
    const locked = await file.stat({ bigint: true });
    // Renamed, removed or replaced meanwhile: what has the name is not what we hold.
    if (!isOurs(locked) || !(await hasName(locked, path))) return undefined;
    if (await isInUse(locked)) return { ...leftover, state: 'held' };
    await fs.unlink(path);
    return { ...describe(path, locked), state: 'removed' };
  } finally {
    await file.close();
  }
}

function isOurs(found: BigIntStats): boolean {
  return found.isFile() && Number(found.uid) === process.getuid?.();
}

function describe(path: string, found: BigIntStats): Omit<Leftover, 'state'> {
  return {
    path,
    size: Number(found.size),
    allocated: Number(found.blocks) * 512,
    ageMs: Math.max(0, Date.now() - Number(found.mtimeMs)),
    published: found.nlink > 1n,
  };
}

/** For writing where the mode allows it: some file servers lock no other. */
async function open(path: string): Promise<fs.FileHandle> {
  const flags = constants.O_NOFOLLOW | constants.O_NONBLOCK;
  return fs.open(path, constants.O_RDWR | flags).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EACCES') throw error;
    return fs.open(path, constants.O_RDONLY | flags);
  });
}
