import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '@image-api/driver';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { History } from './history.ts';
import type { Lesson } from './lesson.ts';

let folder: string;
let remarks: string[];
const logger: Logger = { debug: (message) => void remarks.push(message), warn: (message) => void remarks.push(`warn: ${message}`) };

beforeEach(async () => {
  remarks = [];
  folder = join(await mkdtemp(join(tmpdir(), 'image-api-history-')), 'own');
});
afterEach(() => rm(join(folder, '..'), { recursive: true }));

const route = 'copy local 8:1 > root@b 8:1';
const lesson: Lesson = { driver: 'ssh', way: 'zstd', bytes: 3e8, guess: 4, seconds: 30 };
const fresh = (): History => new History(logger, folder);

async function learn(...lessons: readonly Lesson[]): Promise<void> {
  const history = fresh();
  for (const one of lessons) history.learn(route, one);
  await history.settled();
}

async function file(): Promise<string> {
  const names = await readdir(folder);
  expect(names).toHaveLength(1);
  return join(folder, names[0]!);
}

describe('History', () => {
  it('gives back what was learnt on a route, oldest first, and nothing of others', async () => {
    const { way: _, ...plain } = lesson;
    await learn(lesson, { ...plain, driver: 'rsync' }, { ...lesson, seconds: 31 });
    expect(await fresh().lessonsOn(route)).toEqual([lesson, { ...plain, driver: 'rsync' }, { ...lesson, seconds: 31 }]);
    expect(await fresh().lessonsOn(`${route} `)).toEqual([]);
    expect(remarks).toEqual([]);
  });

  it('keeps the last eight of each driver and way', async () => {
    const many = Array.from({ length: 11 }, (_, index) => ({ ...lesson, seconds: index + 1 }));
    await learn({ ...lesson, way: 'none' }, ...many);
    expect((await fresh().lessonsOn(route)).map(({ seconds }) => seconds)).toEqual([30, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it('forgets the routes that were not taken for the longest time, and what a killed writer left', async () => {
    await mkdir(folder, { mode: 0o700 });
    const names = Array.from({ length: 205 }, (_, index) => `${index}.json`);
    await Promise.all([...names, 'a.json.dead.draft', 'a.json.young.draft'].map((name) => writeFile(join(folder, name), '')));
    const ages = names.map((name, index) => utimes(join(folder, name), 1e9 + index, 1e9 + index));
    await Promise.all([...ages, utimes(join(folder, 'a.json.dead.draft'), 1e9, 1e9)]);
    await learn(lesson);
    const left = await readdir(folder);
    expect(left.filter((name) => name.endsWith('.json'))).toHaveLength(200);
    expect(names.filter((name) => !left.includes(name))).toEqual(['0.json', '1.json', '2.json', '3.json', '4.json', '5.json']);
    expect(left.filter((name) => name.endsWith('.draft'))).toEqual(['a.json.young.draft']);
    expect(await fresh().lessonsOn(route)).toEqual([lesson]);
  });

  it('is for the eyes of its user only', async () => {
    await learn(lesson);
    const modes = await Promise.all([folder, await file()].map(async (path) => (await stat(path)).mode & 0o777));
    expect(modes).toEqual([0o700, 0o600]);
  });

  it('is neither believed nor written where others can write to it, and says so to who debugs', async () => {
    await learn(lesson);
    await chmod(folder, 0o777);
    expect(await fresh().lessonsOn(route)).toEqual([]);
    await learn(lesson);
    await chmod(folder, 0o700);
    expect(await fresh().lessonsOn(route)).toEqual([lesson]);
    expect(remarks).toEqual([expect.stringContaining('can be written to by others')]);
  });

  it.each([
    ['torn', (text: string) => text.slice(0, -20)],
    ['empty', () => ''],
    ['no object', () => 'null'],
    ['of a later version', (text: string) => text.replace('"version":1', '"version":2')],
    ['of another route', (text: string) => text.replace('root@b', 'root@c')],
    ['far too large', (text: string) => text + ' '.repeat(70_000)],
    [
      'full of nonsense',
      (text: string) =>
        text
          .replace('[', '[1,null,{"driver":"ssh","bytes":1,"guess":-1,"seconds":1},{"driver":7},')
          .replace('"bytes":300000000', '"bytes":"x"'),
    ],
  ])('begins anew where a file is %s', async (_, damage) => {
    await learn(lesson);
    const path = await file();
    await writeFile(path, damage(await readFile(path, 'utf8')));
    expect(await fresh().lessonsOn(route)).toEqual([]);
    await learn({ ...lesson, seconds: 5 });
    expect(await fresh().lessonsOn(route)).toEqual([{ ...lesson, seconds: 5 }]);
  });

  it('leaves out what is no lesson', async () => {
    await learn(lesson);
    const path = await file();
    await writeFile(path, (await readFile(path, 'utf8')).replace('[', '[{"driver":"ssh","bytes":1,"guess":1e999,"seconds":1},'));
    expect(await fresh().lessonsOn(route)).toEqual([lesson]);
  });

  it('never stands in the way of a copy', async () => {
    await writeFile(folder, '');
    const history = new History(logger, join(folder, 'below'));
    history.learn(route, lesson);
    await history.settled();
    expect(await history.lessonsOn(route)).toEqual([]);
    expect(remarks).toHaveLength(1);
  });
});
