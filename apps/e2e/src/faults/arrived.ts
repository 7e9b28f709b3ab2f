import { readdir } from 'node:fs/promises';
import { posix } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Hit } from '../fault-cell.ts';
import { allocated } from '../image-files.ts';
import type { RunningImagectl } from '../imagectl.ts';

const mebibyte = 1024 * 1024;

/** Waits until so much of an image has arrived beside its destination. Throws when the copy ends before. */
export async function arrived(
  { scene: { to, others } }: Pick<Hit, 'scene'>,
  running: RunningImagectl,
  bytes: number = mebibyte,
): Promise<void> {
  const directory = to.host.outside(posix.dirname(to.path));
  const ended = running.done.then(() => true);
  const deadline = performance.now() + 20_000;
  do if ((await staged(directory, others)) >= bytes) return;
  while (performance.now() < deadline && !(await Promise.race([ended, delay(10, false)])));
  await running.pid().then(
    (pid) => process.kill(pid, 'SIGKILL'),
    () => undefined,
  );
  throw new Error(`it was over before the fault: ${(await running.done).story}`);
}

async function staged(directory: string, others: readonly string[]): Promise<number> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.part') && !others.includes(name));
  return Math.max(0, ...(await Promise.all(names.map((name) => allocated(posix.join(directory, name)).catch(() => 0)))));
}
