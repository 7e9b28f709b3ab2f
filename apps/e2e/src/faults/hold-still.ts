import { readFile } from 'node:fs/promises';
import type { RunningImagectl } from '../imagectl.ts';

/** Stop imagectl, and answer what has it go on. */
export async function holdStill(running: RunningImagectl): Promise<() => void> {
  const pid = await running.pid();
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const parentPid = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  process.kill(pid, 'SIGSTOP');
  // nsenter, which waits for it, stops along with it.
  return () => [pid, parentPid].forEach((held) => process.kill(held, 'SIGCONT'));
}
