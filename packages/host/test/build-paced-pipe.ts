import { readdir, rename, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const folder = fileURLToPath(new URL('../src/paced-pipe/', import.meta.url));
const built = fileURLToPath(new URL('../dist/paced-pipe.js', import.meta.url));

/** Before all tests: the pump is a program of its own and is run from its build, which is to be of the sources as they are. */
export async function setup(): Promise<void> {
  const sources = (await readdir(folder)).filter((name) => !name.endsWith('.test.ts')).map((name) => `${folder}${name}`);
  const changedMs = Math.max(...(await Promise.all(sources.map(writtenMs))));
  if ((await writtenMs(built)) >= changedMs) return;
  const draft = `${built}.${process.pid}`;
  await build({ entryPoints: [`${folder}main.ts`], outfile: draft, bundle: true, platform: 'node', format: 'esm', target: 'node20' });
  // Others may be testing at the same time.
  await rename(draft, built);
}

function writtenMs(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}
