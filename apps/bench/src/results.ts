import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ifThere } from '@image-api/host';
import type { KeptResult } from './benchmarks-page.ts';

/** Keep every single number of a run beside those of earlier ones. Answers the file. */
export async function keepResult(folder: string, scenario: string, record: Readonly<Record<string, unknown>>): Promise<string> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${scenario}-${new Date().toISOString().replaceAll(':', '-')}.json`);
  await writeFile(file, `${JSON.stringify({ scenario, ...record }, null, 2)}\n`);
  return file;
}

/** Where the section of a scenario lies among the documents, so that the page can be made anew from it anywhere. */
export function sectionFile(scenario: string): string {
  return `benchmarks/${scenario}.json`;
}

/** Of each scenario that was measured, in the given order: what the page needs of its newest result. */
export async function keptResults(docs: string, order: readonly string[]): Promise<readonly KeptResult[]> {
  const found = await Promise.all(
    order.map(async (scenario) => {
      const text = await ifThere(() => readFile(join(docs, sectionFile(scenario)), 'utf8'));
      return text === undefined ? [] : [JSON.parse(text) as KeptResult];
    }),
  );
  return found.flat();
}

/** Write pages and plots by their names in the folder of documents. */
export async function publishPages(folder: string, pages: Readonly<Record<string, string>>): Promise<void> {
  for (const [page, text] of Object.entries(pages)) {
    const file = join(folder, page);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}
