import { readdir, readFile, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

/** What keeps running for other processes is this test's own, and ends with it. */
export async function ownRuntime(): Promise<void> {
  const runtime = await RuntimeDirectory.create();
  onTestFinished(() => runtime.remove());
}

/** A runtime directory that takes the place of this user's until it is removed, with all that runs for it. */
export class RuntimeDirectory {
  readonly #before = process.env['XDG_RUNTIME_DIR'];
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
    process.env['XDG_RUNTIME_DIR'] = path;
  }

  static async create(): Promise<RuntimeDirectory> {
    return new RuntimeDirectory(await mkdtemp(join(await realpath(tmpdir()), 'run-')));
  }

  async remove(): Promise<void> {
    for (const pid of await processesOf(this.#path)) process.kill(pid, 'SIGTERM');
    for (let looks = 0; looks < 200 && (await processesOf(this.#path)).length > 0; looks += 1) await sleep(50);
    await rm(this.#path, { recursive: true, force: true });
    if (this.#before === undefined) delete process.env['XDG_RUNTIME_DIR'];
    else process.env['XDG_RUNTIME_DIR'] = this.#before;
  }
}

async function processesOf(runtime: string): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return pids.filter((_, index) => lines[index]?.includes(runtime));
}
