import type { Task } from 'image-api';
import type { CopyFlags } from '../flags/flags.ts';
import type { World } from '../world.ts';
import { createProgressLines } from './progress-lines.ts';
import type { ProgressView, TaskListener } from './task-listener.ts';

/** Tell everybody what happens to a copy, until it is over. */
export async function follow(task: Task, listeners: readonly TaskListener[]): Promise<void> {
  try {
    for await (const event of task) for (const listener of listeners) listener.take(event);
  } finally {
    for (const listener of listeners) listener.end();
  }
}

/** How a person sees how far it is: a bar where it can be drawn, else lines. What draws bars is loaded only for that. */
export async function progressView(flags: CopyFlags, { stdout, stderr, now, environment }: World): Promise<ProgressView> {
  // A bar would be torn apart by objects that are printed to the same terminal.
  const live = stderr.isTTY === true && environment['TERM'] !== 'dumb' && !(flags.json && stdout.isTTY);
  if (!live) return createProgressLines(stderr, now);
  const { createProgressBar } = await import('./progress-bar.ts');
  return createProgressBar(stderr);
}
