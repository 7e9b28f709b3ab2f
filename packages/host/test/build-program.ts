import { readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const packages = fileURLToPath(new URL('../../', import.meta.url));

/** A program of a package, which is run from its build. Paths are below `packages`. */
export interface Program {
  readonly entry: string;
  readonly built: string;
  /** The packages it is made of. */
  readonly parts: readonly string[];
}

/** Build a program that tests run, unless its build is of the sources as they are. */
export async function buildProgram({ entry, built, parts }: Program): Promise<void> {
  const outfile = join(packages, built);
  const sources = (await Promise.all(parts.map((part) => sourcesIn(join(packages, part, 'src'))))).flat();
  const changedMs = Math.max(...(await Promise.all(sources.map(writtenMs))));
  if ((await writtenMs(outfile)) >= changedMs) return;
  const draft = `${outfile}.${process.pid}`;
  await build({
    entryPoints: [join(packages, entry)],
    outfile: draft,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    alias: Object.fromEntries(parts.map((part) => [`@image-api/${part}`, join(packages, part, 'src/index.ts')])),
    banner: { js: "import { createRequire as requireFor } from 'node:module'; const require = requireFor(import.meta.url);" },
  });
  // Others may be testing at the same time.
  await rename(draft, outfile);
}

async function sourcesIn(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true });
  return found.filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts')).map((name) => join(folder, name));
}

function writtenMs(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}
