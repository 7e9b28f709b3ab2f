import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { keepResult, keptResults, publishPages, sectionFile } from './results.ts';

it('keeps every run, and of each scenario what the page needs, in the order asked for', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bench-results-'));
  await keepResult(folder, 'ssh', { rounds: 1 });
  expect(await readdir(folder)).toEqual([expect.stringMatching(/^ssh-2.*\.json$/)]);
  const page = (name: string, title: string): Promise<void> =>
    publishPages(folder, { [sectionFile(name)]: JSON.stringify({ section: { title } }) });
  await page('ssh', 'old');
  await page('ssh-more', 'more');
  await page('ssh', 'new');
  const found = await keptResults(folder, ['ssh-more', 'ssh', 'never']);
  expect(found.map(({ section }) => section.title)).toEqual(['more', 'new']);
  expect(await keptResults(join(folder, 'nowhere'), ['ssh'])).toEqual([]);
  await rm(folder, { recursive: true });
});
