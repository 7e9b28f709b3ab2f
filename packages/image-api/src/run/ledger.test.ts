import { chmod, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Ledger } from './ledger.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-api-ledger-'));
});
afterEach(() => rm(folder, { recursive: true }));

const entry = {
  staging: 'file:///out/.a.raw.0123456789abcdef.part',
  to: 'file:///out/a.raw',
  from: 'file:///in/a.raw',
  startedAt: '2026-01-01T00:00:00.000Z',
};

describe('Ledger', () => {
  it('gives back what was entered, until it is struck', async () => {
    const ledger = new Ledger(join(folder, 'deep/down'));
    await ledger.enter(entry);
    await ledger.enter(entry);
    expect(await new Ledger(join(folder, 'deep/down')).entries()).toEqual([entry]);
    await ledger.strike(entry.staging);
    await ledger.strike(entry.staging);
    expect(await ledger.entries()).toEqual([]);
    expect(await readdir(join(folder, 'deep/down'))).toEqual([]);
  });

  it('takes along what one who was killed while writing left', async () => {
    const ledger = new Ledger(folder);
    await ledger.enter(entry);
    const [name] = await readdir(folder);
    await rename(join(folder, name!), join(folder, `${name}.draft`));
    expect(await ledger.entries()).toEqual([]);
    await ledger.strike(entry.staging);
    expect(await readdir(folder)).toEqual([]);
  });

  it('is for the eyes of its user only', async () => {
    const directory = join(folder, 'own');
    await new Ledger(directory).enter(entry);
    const files = await readdir(directory);
    const modes = await Promise.all(
      [directory, ...files.map((name) => join(directory, name))].map(async (path) => (await stat(path)).mode),
    );
    expect(modes.map((mode) => mode & 0o077)).toEqual([0, 0]);
  });

  it('is not believed where others can write to it', async () => {
    const ledger = new Ledger(join(folder, 'shared'));
    await ledger.enter(entry);
    await chmod(join(folder, 'shared'), 0o777);
    expect(await ledger.entries()).toEqual([]);
  });

  it('leaves out what is no entry', async () => {
    const ledger = new Ledger(folder);
    await writeFile(join(folder, 'torn.json'), '{"staging":"fi');
    await writeFile(join(folder, 'other.json'), '{"staging":1}');
    await writeFile(join(folder, 'null.json'), 'null');
    expect(await ledger.entries()).toEqual([]);
  });

  it('never stands in the way of a copy', async () => {
    await writeFile(join(folder, 'file'), '');
    const ledger = new Ledger(join(folder, 'file/below'));
    await ledger.enter(entry);
    await ledger.strike(entry.staging);
    expect(await ledger.entries()).toEqual([]);
  });
});
