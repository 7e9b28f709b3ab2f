import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** The committed program, which runs what was built. */
export const program: string = fileURLToPath(new URL('../bin/imagectl.js', import.meta.url));

const packages = ['image-api', 'driver-cp', 'driver-p2p-precache', 'driver-rsync', 'driver-scp'];
const built = ['../dist/main.js', ...packages.map((name) => `../../../packages/${name}/dist/index.js`)];

/** True when `npm run build` was run, ever. In CI that is not a matter of choice. */
export const isBuilt: boolean = process.env['CI'] !== undefined || built.every((file) => existsSync(new URL(file, import.meta.url)));

/** How a run of imagectl ended. */
export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** Start imagectl in a directory. */
export function startImagectl(cwd: string, words: readonly string[]): Running {
  return start(process.execPath, [program, ...words], cwd);
}

/** Run imagectl to its end. */
export function imagectl(cwd: string, ...words: readonly string[]): Promise<Ended> {
  return startImagectl(cwd, words).ended;
}

/** Run a line of bash, in which `$IMAGECTL` is the program. */
export function shell(cwd: string, line: string): Promise<Ended> {
  return start('bash', ['-c', line], cwd).ended;
}

function start(command: string, words: readonly string[], cwd: string): Running {
  const startedAt = performance.now();
  const environment = { ...process.env, NODE: process.execPath, IMAGECTL: program, TERM: 'xterm' };
  const child = spawn(command, words, { cwd, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  const status = new Promise<number | null>((resolve, reject) => child.on('close', resolve).on('error', reject));
  const ended = Promise.all([status, text(child.stdout), text(child.stderr)]).then(([code, stdout, stderr]) => ({
    status: code,
    stdout,
    stderr,
    seconds: (performance.now() - startedAt) / 1000,
  }));
  return { child, ended };
}

/** A directory of this test's own, gone when it is over. */
export async function testDirectory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'imagectl-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}
