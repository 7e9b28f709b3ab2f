import { chmod, copyFile, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { askProgram } from './known-program.ts';

let runtime: string;

beforeAll(async () => {
  runtime = await mkdtemp(join(tmpdir(), 'kp-'));
});

afterAll(() => rm(runtime, { recursive: true }));

/** How often the program was really asked. */
async function ask(program: string, answer: unknown = 'yes'): Promise<{ readonly answer: unknown; readonly asked: number }> {
  let asked = 0;
  const about = {
    program,
    question: 'so?',
    ask: async () => Promise.resolve(((asked += 1), answer)),
    isKept: (one: unknown) => one === 'yes',
  };
  return { answer: await askProgram(about, { XDG_RUNTIME_DIR: runtime }), asked };
}

async function binary(name: string): Promise<string> {
  const path = join(runtime, name);
  await copyFile('/bin/true', path);
  return path;
}

it('asks a binary once, for all processes', async () => {
  const program = await binary('once');
  expect(await ask(program)).toEqual({ answer: 'yes', asked: 1 });
  expect(await ask(program)).toEqual({ answer: 'yes', asked: 0 });
});

it('asks again when the program is another', async () => {
  const program = await binary('updated');
  await ask(program);
  await rm(program);
  await binary('updated');
  expect((await ask(program)).asked).toBe(1);
});

it('asks again when a link to it leads elsewhere', async () => {
  const link = join(runtime, 'alternative');
  await symlink(await binary('first'), link);
  await ask(link);
  await rm(link);
  await symlink(await binary('second'), link);
  expect((await ask(link)).asked).toBe(1);
});

it('does not remember a script, behind which the program may change', async () => {
  const script = join(runtime, 'wrapper');
  await writeFile(script, '#!/bin/sh\nexec true\n');
  await chmod(script, 0o755);
  await ask(script);
  expect((await ask(script)).asked).toBe(1);
});

it('does not remember what may be mended', async () => {
  const program = await binary('broken');
  await ask(program, 'no');
  expect(await ask(program)).toEqual({ answer: 'yes', asked: 1 });
});

it('asks again where what was written down is damaged', async () => {
  const program = await binary('damaged');
  await ask(program);
  const folder = join(runtime, 'image-api', 'known-programs');
  const [file = ''] = (await readdir(folder)).filter((name) => name.startsWith('damaged-'));
  for (const text of ['', 'null', '{"mark"', '{"mark":"1","answer":"yes"}']) {
    await writeFile(join(folder, file), text);
    expect((await ask(program)).asked).toBe(1);
  }
});

it('leaves one private file for each program, and nothing half written', async () => {
  const program = await binary('files');
  await Promise.all([ask(program), ask(program), ask(program)]);
  const names = (await readdir(join(runtime, 'image-api', 'known-programs'))).filter((name) => name.startsWith('files-'));
  expect(names).toHaveLength(1);
});
