import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { keepResult, newestResults } from './results.ts';

it('finds the newest of each scenario that has a section, though one name begins like another', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bench-results-'));
  const old = (name: string, record: unknown): Promise<void> => writeFile(join(folder, name), JSON.stringify(record));
  await old('ssh-2020-01-01T00-00-00.000Z.json', { scenario: 'ssh', section: { title: 'old' } });
  await old('ssh-more-2040-01-01T00-00-00.000Z.json', { scenario: 'ssh-more', section: { title: 'more' } });
  await old('bare-2040-01-01T00-00-00.000Z.json', { scenario: 'bare' });
  await keepResult(folder, 'ssh', { section: { title: 'new' } });
  const found = await newestResults(folder, ['bare', 'ssh-more', 'ssh', 'never']);
  expect(found.map(({ section }) => section.title)).toEqual(['more', 'new']);
  expect(await newestResults(join(folder, 'nowhere'), ['ssh'])).toEqual([]);
  await rm(folder, { recursive: true });
});
