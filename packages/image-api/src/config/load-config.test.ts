import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from './load-config.ts';

describe('loadConfig', () => {
  let cwd: string;
  beforeEach(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'image-api-config-'));
  });
  afterEach(() => rm(cwd, { recursive: true }));

  async function write(name: string, text: string): Promise<string> {
    const file = join(cwd, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    return file;
  }

  function refusal(message: string): unknown {
    return expect.objectContaining({ code: 'BAD_CONFIG', message: expect.stringContaining(message) as unknown });
  }

  it('has a default for everything where there is no file', async () => {
    const config = await loadConfig({ cwd });
    expect(config).toMatchObject({ drivers: undefined, limits: {}, concurrency: 4 });
    expect(config.file).toBeUndefined();
  });

  it.each([
    ['image-api.config.json', '{ "concurrency": 7 }'],
    ['image-api.config.json', '\u{feff}{ "concurrency": 7 }'],
    ['image-api.config.mjs', 'export default { concurrency: 7 };'],
    ['image-api.config.js', 'module.exports = { concurrency: 7 };'],
    ['image-api.config.ts', "type Count = number;\nexport default { concurrency: 7 as Count, verify: 'size' as const };"],
  ])('reads %s', async (name, text) => {
    const file = await write(name, text);
    expect(await loadConfig({ cwd })).toMatchObject({ concurrency: 7, file });
  });

  it('reads an ES module called .js where the package says so', async () => {
    await write('package.json', '{ "type": "module" }');
    await write('image-api.config.js', 'export default { concurrency: 7 };');
    expect((await loadConfig({ cwd })).concurrency).toBe(7);
  });

  it('takes the nearest file upwards, whatever its kind', async () => {
    await write('image-api.config.ts', 'export default { concurrency: 1 };');
    await write('a/image-api.config.json', '{ "concurrency": 2 }');
    await mkdir(join(cwd, 'a/b/c'), { recursive: true });
    expect((await loadConfig({ cwd: join(cwd, 'a/b/c') })).concurrency).toBe(2);
  });

  it('prefers TypeScript to JavaScript to JSON in one directory', async () => {
    await write('image-api.config.json', '{ "concurrency": 1 }');
    await write('image-api.config.mjs', 'export default { concurrency: 2 };');
    expect((await loadConfig({ cwd })).concurrency).toBe(2);
    await write('image-api.config.ts', 'export default { concurrency: 3 };');
    expect((await loadConfig({ cwd })).concurrency).toBe(3);
  });

  it('reads the file named instead of the nearest', async () => {
    await write('image-api.config.json', '{ "concurrency": 1 }');
    const file = await write('sites/b.json', '{ "concurrency": 2 }');
    expect(await loadConfig({ cwd, file: 'sites/b.json' })).toMatchObject({ concurrency: 2, file });
    expect(await loadConfig({ cwd: '/', file })).toMatchObject({ concurrency: 2 });
  });

  it('reads a mended module anew', async () => {
    const file = await write('image-api.config.mjs', 'export default {');
    await expect(loadConfig({ cwd })).rejects.toThrow(refusal(file));
    await write('image-api.config.mjs', 'export default { concurrency: 7 };');
    await utimes(file, 1, 1);
    expect((await loadConfig({ cwd })).concurrency).toBe(7);
  });

  it.each([
    ['image-api.config.json', '{\n  "concurrency": 1,\n}', ':3:1: is not valid JSON (property name expected)'],
    ['image-api.config.json', '{"a":}', ':1:6: is not valid JSON (value expected)'],
    ['image-api.config.json', '', ':1:1: is not valid JSON (value expected)'],
    ['image-api.config.json', '{ "concurrency": "x" }', "image-api.config.json: concurrency: expected a whole number from 1 up, got 'x'"],
    ['image-api.config.mjs', 'export const config = {};', 'has no default export'],
    ['image-api.config.mjs', 'throw new Error("no zone set");', 'image-api.config.mjs: no zone set'],
    ['image-api.config.ts', 'const x: = 1;', 'image-api.config.ts'],
    ['image-api.config.ts', 'export const x = 1;', 'has no default export'],
  ])('refuses %s with %j and says where', async (name, text, words) => {
    const file = await write(name, text);
    await expect(loadConfig({ cwd })).rejects.toThrow(refusal(words));
    await expect(loadConfig({ cwd })).rejects.toThrow(refusal(file));
  });

  it('refuses a file that is missing, a directory, or of an unknown kind', async () => {
    await expect(loadConfig({ cwd, file: 'none.json' })).rejects.toThrow(refusal(`${cwd}/none.json: cannot be read (ENOENT`));
    await expect(loadConfig({ cwd, file: '.' })).rejects.toThrow(refusal('is not a file'));
    await write('site.yaml', 'concurrency: 1');
    await expect(loadConfig({ cwd, file: 'site.yaml' })).rejects.toThrow(refusal('must end in .ts, .js, .mjs, .json'));
  });
});
