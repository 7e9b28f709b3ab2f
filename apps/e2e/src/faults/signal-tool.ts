import type { Hit } from '../fault-cell.ts';
import { processesOf } from '../processes.ts';

/** Sends a signal to the processes of a tool that work on the image of this scene. Answers how many there were. */
export async function signalTool({ lab, scene }: Hit, tool: string, signal: NodeJS.Signals, atMost: number = Infinity): Promise<number> {
  const processes = await processesOf(lab.here);
  const found = processes.filter(({ args }) => args[0] === tool && args.includes(scene.from.path)).slice(0, atMost);
  if (found.length === 0) throw new Error(`no ${tool} copies ${scene.from.path}`);
  for (const { pid } of found) process.kill(pid, signal);
  return found.length;
}
