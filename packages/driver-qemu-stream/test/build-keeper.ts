import { readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const packages = fileURLToPath(new URL('../../', import.meta.url));
const built = join(packages, 'driver-qemu-stream/dist/keeper.js');
/** What the keeper is made of. */
const parts = ['driver', 'host', 'qmp', 'driver-qemu-stream'];

/** Before all tests: the keeper is a program of its own and is run from its build, which is to be of the sources as they are. */
export async function setup(): Promise<void> {
  const sources = (await Promise.all(parts.map((part) => sourcesIn(join(packages, part, 'src'))))).flat();
  const changedMs = Math.max(...(await Promise.all(sources.map(writtenMs))));
  if ((await writtenMs(built)) >= changedMs) return;
  const draft = `${built}.${process.pid}`;
  await build({
    entryPoints: [join(packages, 'driver-qemu-stream/src/keeper/main.ts')],
    outfile: draft,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    alias: Object.fromEntries(parts.map((part) => [`@image-api/${part}`, join(packages, part, 'src/index.ts')])),
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  // Others may be testing at the same time.
  await rename(draft, built);
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
