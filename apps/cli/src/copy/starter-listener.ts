import type { Started } from '../process/start-detached.ts';
import type { TaskListener } from './task-listener.ts';

/**
 * In the background: tells the command that started us when the first byte is about to move, or when the image can be used. Everything
 * else is for `imagectl tasks`.
 */
export function createStarterListener(id: string, moment: 'attempt' | 'ready', tell: (started: Started) => void): TaskListener {
  let told = false;
  return {
    take: (event) => {
      if (told || event.type !== moment) return;
      told = true;
      tell({ id, pid: process.pid, ...(event.type === 'ready' && { uri: event.uri }) });
    },
    end: () => undefined,
  };
}
