/**
 * Side by side with the tools people would use instead: `npm run bench -- [scenario …] [--rounds 9] [--size 4096] [--folder DIR] [--into DIR]`.
 * Whole processes, in alternating rounds. Prints a table, keeps every single number in `results/`, and draws the pages and plots of `apps/docs`.
 * `page` measures nothing: it makes the page of benchmarks from the results that are there. `ssh` is all that begin with `ssh-`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { benchmarksPage } from './benchmarks-page.ts';
import type { KeptResult } from './benchmarks-page.ts';
import { describeMachine } from './describe-machine.ts';
import { keepResult, keptResults, publishPages, sectionFile } from './results.ts';
import { scenarios } from './scenarios.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string' },
    size: { type: 'string', default: '4096' },
    folder: { type: 'string', default: tmpdir() },
    into: { type: 'string' },
  },
});
const from = process.env['INIT_CWD'] ?? '.';
const [rounds, mebibytes] = [
  values.rounds === undefined ? undefined : wholeNumber('rounds', values.rounds),
  wholeNumber('size', values.size),
];
const names = Object.keys(scenarios);
const places = placesOf(values.into);
const chosen = positionals.length > 0 ? positionals.flatMap(named) : names;

for (const name of chosen) {
  const folder = await mkdtemp(join(resolve(from, values.folder), 'image-api-bench-'));
  try {
    const { run, rounds: usual = 9 } = scenarios[name]!;
    const setting = { folder, rounds: rounds ?? usual, mebibytes };
    const outcome = await run(setting);
    if (!outcome) continue;
    const { text, record, section, pages = {} } = outcome;
    console.log(text);
    const machine = await describeMachine(folder);
    const kept = { rounds: setting.rounds, mebibytes, machine, ...record, ...(section && { section }) };
    console.log(`every time: ${await keepResult(places.results, name, kept)}\n`);
    const forPage: KeptResult | undefined = section && { scenario: name, machine, section };
    await publishPages(places.docs, { ...pages, ...(forPage && { [sectionFile(name)]: `${JSON.stringify(forPage, null, 2)}\n` }) });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
await publishPages(places.docs, benchmarksPage(await keptResults(places.docs, names)));

/** One scenario, all of a family, or none for `page`. */
function named(name: string): readonly string[] {
  if (name === 'page') return [];
  const meant = names.filter((each) => each === name || each.startsWith(`${name}-`));
  const found = names.includes(name) ? [name] : meant;
  if (found.length === 0) refuse(`no such scenario: ${name}; there are ${names.join(', ')}, and page`);
  return found;
}

function placesOf(into: string | undefined): { readonly results: string; readonly docs: string } {
  if (into !== undefined) return { results: join(resolve(from, into), 'results'), docs: join(resolve(from, into), 'docs') };
  return { results: fileURLToPath(new URL('../results/', import.meta.url)), docs: fileURLToPath(new URL('../../docs/', import.meta.url)) };
}

function wholeNumber(option: string, text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) refuse(`--${option} ${text}: give a whole number from 1`);
  return number;
}

function refuse(message: string): never {
  console.error(message);
  process.exit(2);
}
