import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const prefix = 'image-api-lab-';

/** A directory for one lab, named after the process it belongs to. Directories of processes that are gone are removed first. */
export async function makeLabDirectory(): Promise<string> {
  await removeStale();
  return mkdtemp(join(tmpdir(), `${prefix}${process.pid}-${await startTime(process.pid)}-`));
}

// A lab's namespaces, processes and mounts die with its runner by themselves; only its directory can outlive it.
async function removeStale(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const owner = /^image-api-lab-(\d+)-(\d+)-/.exec(name);
    if (owner && (await startTime(Number(owner[1]))) !== owner[2]) await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
}

/** A process is known by its number and the clock tick it started at: numbers are used again. */
async function startTime(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}
