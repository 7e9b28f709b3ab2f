import type { Started } from '../process/start-detached.ts';
import type { TaskListener } from './task-listener.ts';

/** In the background: tells the command that started us when the first byte is about to move. Everything else is for `imagectl tasks`. */
export function createStarterListener(id: string, tell: (started: Started) => void): TaskListener {
  let told = false;
  return {
    take: ({ type }) => {
      if (told || type !== 'attempt') return;
      told = true;
      tell({ id, pid: process.pid });
    },
    end: () => undefined,
  };
}
