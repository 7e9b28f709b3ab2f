import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** A process that uses a cache. */
export interface CacheProcess {
  readonly child: ChildProcess;
  /** What it printed, when it is over. */
  readonly output: Promise<string>;
}

/**
 * `fill`: put an image there; whatever is fetched is told in a line. `use`: hold a lease until the input ends. Copying takes a few pieces, so
 * that there are moments between them.
 */
const code = `
import { copyFile, open } from 'node:fs/promises';
import { p2pPrecache } from '@image-api/driver-p2p-precache';
const [task, cacheDir, sha256, from] = process.argv.slice(2);
const { cache } = p2pPrecache({ cacheDir });
async function fetch(path) {
  console.log('fetching');
  await copyFile(from, path + '.coming');
  const file = await open(path + '.coming', 'r+');
  await file.sync();
  await file.close();
  await (await import('node:fs/promises')).rename(path + '.coming', path);
  return { format: 'raw' };
}
if (task === 'fill') {
  const { fetched } = await cache.put({ from, ...(sha256 !== 'unknown' && { sha256 }) }, fetch);
  console.log(fetched ? 'fetched' : 'there');
} else {
  await cache.use(sha256, async () => {
    console.log('using');
    for await (const piece of process.stdin) void piece;
  });
}
`;

/** Build the program once, into `folder`; what it returns starts it. */
export async function cacheProgram(folder: string): Promise<(...words: readonly string[]) => CacheProcess> {
  const sources = (name: string): string => fileURLToPath(new URL(`../../${name}/src/index.ts`, import.meta.url));
  const program = join(folder, 'program.mjs');
  await build({
    stdin: { contents: code, resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'silent',
    alias: Object.fromEntries(['driver', 'host', 'driver-p2p-precache'].map((name) => [`@image-api/${name}`, sources(name)])),
    banner: { js: "import { createRequire as requireFor } from 'node:module'; const require = requireFor(import.meta.url);" },
  });
  return (...words) => {
    const child = spawn(process.execPath, [program, ...words], { stdio: ['pipe', 'pipe', 'inherit'] });
    return { child, output: text(child.stdout) };
  };
}
