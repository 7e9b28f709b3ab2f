import { mkdir, readdir, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runtimeDirectory } from '@image-api/host';
import type { TaskRecord } from './task-record.ts';

/** Finished tasks are listed this long. */
const keptMs = 3_600_000;

/** Write down how a task ended, for whoever asks within the next hour. It is a courtesy: what goes wrong is not told. */
export async function writeFinished(record: TaskRecord): Promise<void> {
  try {
    const directory = directoryOf();
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const path = join(directory, `${record.id}.json`);
    await writeFile(`${path}.new`, JSON.stringify(record), { mode: 0o600 });
    await rename(`${path}.new`, path);
    await readFinished();
  } catch {
    // Nobody's copy fails because its obituary could not be written.
  }
}

/** Those that ended within the last hour, oldest first; older ones are removed. */
export async function readFinished(): Promise<readonly TaskRecord[]> {
  const directory = directoryOf();
  const names = await readdir(directory).catch(() => []);
  const records = await Promise.all(names.map((name) => readOne(join(directory, name))));
  return records.filter((record) => record !== undefined).toSorted((one, other) => (one.endedAt ?? '').localeCompare(other.endedAt ?? ''));
}

async function readOne(path: string): Promise<TaskRecord | undefined> {
  try {
    const ageMs = Date.now() - (await stat(path)).mtimeMs;
    if (ageMs > keptMs || ageMs < -keptMs) {
      await unlink(path);
      return undefined;
    }
    return path.endsWith('.json') ? (JSON.parse(await readFile(path, 'utf8')) as TaskRecord) : undefined;
  } catch {
    // Another process has just removed it, or was killed while it wrote it.
    return undefined;
  }
}

function directoryOf(): string {
  return join(runtimeDirectory(), 'finished');
}
