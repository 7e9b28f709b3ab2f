import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { KeptResult } from './benchmarks-page.ts';

/** Keep every single number of a run beside those of earlier ones. Answers the file. */
export async function keepResult(folder: string, scenario: string, record: Readonly<Record<string, unknown>>): Promise<string> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${scenario}-${new Date().toISOString().replaceAll(':', '-')}.json`);
  await writeFile(file, `${JSON.stringify({ scenario, ...record }, null, 2)}\n`);
  return file;
}

/** Of each scenario that has a section on the page of benchmarks: its newest result, in the given order of scenarios. */
export async function newestResults(folder: string, order: readonly string[]): Promise<readonly KeptResult[]> {
  const names = await readdir(folder).catch(() => []);
  const newest = order.map((scenario) =>
    names
      .filter((name) => isOf(name, scenario))
      .toSorted()
      .at(-1),
  );
  const kept = await Promise.all(
    newest.flatMap((name) =>
      name === undefined ? [] : readFile(join(folder, name), 'utf8').then((text) => JSON.parse(text) as KeptResult),
    ),
  );
  return kept.filter(({ section }) => section !== undefined);
}

function isOf(name: string, scenario: string): boolean {
  return name.startsWith(`${scenario}-`) && /^\d{4}-\d\d-\d\dT[\d.Z-]+\.json$/.test(name.slice(scenario.length + 1));
}

/** Write pages and plots by their names in the folder of documents. */
export async function publishPages(folder: string, pages: Readonly<Record<string, string>>): Promise<void> {
  for (const [page, text] of Object.entries(pages)) {
    const file = join(folder, page);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}
