import { mkdir, readdir, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runtimeDirectory } from '@image-api/host';
import type { TaskRecord } from './task-record.ts';

/** Finished tasks are listed this long. */
const keptMs = 3_600_000;
/** What is being written is there for a moment, unless whoever wrote it was killed. */
const writtenMs = 10_000;

/** Write down how a task ended, for whoever asks within the next hour. It is a courtesy: what goes wrong is not told. */
export async function writeFinished(record: TaskRecord): Promise<void> {
  try {
    const directory = directoryOf();
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const path = join(directory, `${record.id}.json`);
    await writeFile(`${path}.new`, JSON.stringify(record), { mode: 0o600 });
    await rename(`${path}.new`, path);
    await recentPaths(directory);
  } catch {
    // Nobody's copy fails because its obituary could not be written.
  }
}

/** Those that ended within the last hour, oldest first; older ones are removed. */
export async function readFinished(): Promise<readonly TaskRecord[]> {
  const records = await Promise.all((await recentPaths(directoryOf())).map(readRecord));
  return records.filter((record) => record !== undefined).toSorted((one, other) => (one.endedAt ?? '').localeCompare(other.endedAt ?? ''));
}

/** Those that need not go yet; the others are gone when it resolves. */
async function recentPaths(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory).catch(() => []);
  const paths = await Promise.all(names.map(async (name) => ((await isRecent(join(directory, name))) ? [join(directory, name)] : [])));
  return paths.flat();
}

async function isRecent(path: string): Promise<boolean> {
  try {
    const ageMs = Date.now() - (await stat(path)).mtimeMs;
    if (Math.abs(ageMs) <= (path.endsWith('.new') ? writtenMs : keptMs)) return true;
    await unlink(path);
  } catch {
    // Another process has just removed it.
  }
  return false;
}

async function readRecord(path: string): Promise<TaskRecord | undefined> {
  try {
    return path.endsWith('.json') ? (JSON.parse(await readFile(path, 'utf8')) as TaskRecord) : undefined;
  } catch {
    // As above, or it was killed while it wrote it.
    return undefined;
  }
}

function directoryOf(): string {
  return join(runtimeDirectory(), 'finished');
}
