import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { cp } from '@image-api/driver-cp';
import { createImageApi } from 'image-api';

const copies = 200;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'many-at-once-'));
});

afterEach(() => rm(folder, { recursive: true }));

it('leaves a program its turns while two hundred copies run in it at once', { timeout: 120_000 }, async () => {
  const content = randomBytes(100_000);
  await writeFile(join(folder, 'disk.raw'), content);
  const api = createImageApi({ drivers: [cp()], concurrency: copies });
  let turns = 0;
  let isOver = false;
  const count = (): void => {
    turns += 1;
    if (!isOver) setImmediate(count);
  };
  const tasks = Array.from({ length: copies }, (_, index) =>
    api.copy(join(folder, 'disk.raw'), join(folder, `${index}.raw`), { verify: 'sha256' }),
  );
  count();
  const results = await Promise.all(tasks.map((task) => task.wait()));
  isOver = true;
  await api.dispose();

  expect(results.map(({ verified }) => verified.by)).toEqual(Array.from({ length: copies }, () => 'sha256'));
  expect((await readdir(folder)).length).toBe(copies + 1);
  for (let index = 0; index < copies; index += 1) expect((await readFile(join(folder, `${index}.raw`))).equals(content)).toBe(true);
  // Somebody else has had his turn, more than once for each.
  expect(turns).toBeGreaterThan(copies);
});
