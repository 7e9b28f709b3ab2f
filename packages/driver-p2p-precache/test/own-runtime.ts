import { readdir, readFile, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

/** What keeps running for other processes is this test's own, and ends with it. */
export async function ownRuntime(): Promise<void> {
  const before = process.env['XDG_RUNTIME_DIR'];
  const runtime = await mkdtemp(join(await realpath(tmpdir()), 'run-'));
  process.env['XDG_RUNTIME_DIR'] = runtime;
  onTestFinished(async () => {
    for (const pid of await processesOf(runtime)) process.kill(pid, 'SIGTERM');
    for (let looks = 0; looks < 200 && (await processesOf(runtime)).length > 0; looks += 1) await sleep(50);
    await rm(runtime, { recursive: true, force: true });
    if (before === undefined) delete process.env['XDG_RUNTIME_DIR'];
    else process.env['XDG_RUNTIME_DIR'] = before;
  });
}

async function processesOf(runtime: string): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return pids.filter((_, index) => lines[index]?.includes(runtime));
}
