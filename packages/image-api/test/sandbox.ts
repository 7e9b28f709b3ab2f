import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { createImageApi } from '../src/index.ts';
import type { Config, CopyOptions, ImageApi, Task, TaskEvent } from '../src/index.ts';
import { scriptedDriver } from './scripted-driver.ts';
import type { Script } from './scripted-driver.ts';

/** What every copy is of. */
export const content: Buffer = randomBytes(100_000);
/** A directory of the test's own; the destination is in `out` below it. */
export let folder: string;
export let from: string;
export let to: string;
const apis: ImageApi[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-api-test-'));
  await mkdir(join(folder, 'out'));
  from = join(folder, 'disk.raw');
  to = join(folder, 'out', 'copy.raw');
  await writeFile(from, content);
});

afterEach(async () => {
  await Promise.all(apis.splice(0).map((api) => api.dispose()));
  await rm(folder, { recursive: true });
});

export function apiWith(scripts: readonly Script[], config: Config = {}): { api: ImageApi; drivers: ReturnType<typeof scriptedDriver>[] } {
  const drivers = scripts.map((script, index) => scriptedDriver({ id: `d${index + 1}`, ...script }));
  const api = createImageApi({ drivers, retry: { attempts: 3, delayMs: 1 }, ...config });
  apis.push(api);
  return { api, drivers };
}

export function start(script: Script, options: CopyOptions = {}): Task {
  return apiWith([script]).api.copy(from, to, options);
}

export async function leftovers(): Promise<string[]> {
  return (await readdir(join(folder, 'out'))).toSorted();
}

export async function eventsOf(task: Task): Promise<TaskEvent[]> {
  const events: TaskEvent[] = [];
  for await (const event of task) events.push(event);
  return events;
}
