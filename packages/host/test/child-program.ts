import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export interface ChildProgram {
  readonly child: ChildProcess;
  /** What it printed so far, both streams. */
  output(): string;
  remove(): Promise<void>;
}

/**
 * Run a program of its own that has `createHosts` at hand, so that a test can let it die in every way.
 *
 * @param under the words of a command that runs it, such as `unshare`
 */
export async function startProgram(code: string, args: readonly string[] = [], under: readonly string[] = []): Promise<ChildProgram> {
  const directory = await mkdtemp(join(tmpdir(), 'image-api-program-'));
  const from = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
  await writeFile(join(directory, 'program.ts'), `import { createHosts } from ${JSON.stringify(from('../src/index.ts'))};\n${code}`);
  await build({
    entryPoints: [join(directory, 'program.ts')],
    outfile: join(directory, 'program.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'silent',
    alias: { '@image-api/driver': from('../../driver/src/index.ts') },
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  const [file = '', ...words] = [...under, process.execPath, join(directory, 'program.mjs'), ...args];
  const child = spawn(file, words, { stdio: ['pipe', 'pipe', 'pipe'] });
  let text = '';
  child.stdout.on('data', (piece) => (text += String(piece)));
  child.stderr.on('data', (piece) => (text += String(piece)));
  return { child, output: () => text, remove: () => rm(directory, { recursive: true, force: true }) };
}
