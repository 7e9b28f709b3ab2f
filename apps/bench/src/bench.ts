/**
 * Side by side with the tools people would use instead: `npm run bench -- [local] [clone] [pipe] [manifest] [auto] [neighbours] [ready] [neighbours-over-ssh] [http] [fanout] [--rounds 9] [--size 4096] [--folder DIR]`.
 * Whole processes, in alternating rounds. Prints a table, keeps every single number in `results/`, and draws
 * the plots of `apps/docs`.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { benchAuto } from './bench-auto.ts';
import { benchClone } from './bench-clone.ts';
import { benchFanout } from './bench-fanout.ts';
import { benchHttp } from './bench-http.ts';
import { benchLocal } from './bench-local.ts';
import { benchManifest } from './bench-manifest.ts';
import { benchNeighbours } from './bench-neighbours.ts';
import { benchNeighboursOverSsh } from './bench-neighbours-over-ssh.ts';
import { benchPipe } from './bench-pipe.ts';
import { benchReady } from './bench-ready.ts';
import { describeMachine } from './describe-machine.ts';
import { outcomeOf } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import type { Setting } from './setting.ts';

const scenarios: Readonly<Record<string, (setting: Setting) => Promise<Outcome | undefined>>> = {
  local: async (setting) => outcomeOf(await benchLocal(setting)),
  clone: async (setting) => outcomeOf(await benchClone(setting)),
  pipe: async (setting) => outcomeOf(await benchPipe(setting)),
  manifest: async (setting) => outcomeOf(await benchManifest(setting)),
  auto: benchAuto,
  neighbours: benchNeighbours,
  ready: benchReady,
  'neighbours-over-ssh': benchNeighboursOverSsh,
  http: benchHttp,
  fanout: benchFanout,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '9' },
    size: { type: 'string', default: '4096' },
    folder: { type: 'string', default: tmpdir() },
  },
});
const [rounds, mebibytes] = [wholeNumber('rounds', values.rounds), wholeNumber('size', values.size)];
const chosen = positionals.length > 0 ? positionals : Object.keys(scenarios);
const unknown = chosen.filter((name) => !scenarios[name]);
if (unknown.length > 0) refuse(`no such scenario: ${unknown.join(', ')}; there are ${Object.keys(scenarios).join(', ')}`);

for (const name of chosen) {
  const folder = await mkdtemp(join(resolve(process.env['INIT_CWD'] ?? '.', values.folder), 'image-api-bench-'));
  try {
    const outcome = await scenarios[name]?.({ folder, rounds, mebibytes });
    if (!outcome) continue;
    console.log(outcome.text);
    await keep(name, { scenario: name, rounds, mebibytes, machine: await describeMachine(folder), ...outcome.record });
    for (const [page, text] of Object.entries(outcome.pages ?? {})) await publish(page, text);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function wholeNumber(option: string, text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) refuse(`--${option} ${text}: give a whole number from 1`);
  return number;
}

async function keep(name: string, record: unknown): Promise<void> {
  const results = fileURLToPath(new URL('../results/', import.meta.url));
  await mkdir(results, { recursive: true });
  const file = join(results, `${name}-${new Date().toISOString().replaceAll(':', '-')}.json`);
  await writeFile(file, `${JSON.stringify(record, null, 2)}\n`);
  console.log(`every time: ${file}\n`);
}

async function publish(page: string, text: string): Promise<void> {
  const file = fileURLToPath(new URL(`../../docs/${page}`, import.meta.url));
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  console.log(`made: ${file}`);
}

function refuse(message: string): never {
  console.error(message);
  process.exit(2);
}
