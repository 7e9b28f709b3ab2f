import type { Worker } from './worker.ts';

const quietMs = 1000;

/**
 * A process that a tool left behind over there, outside of its group, keeps the channel open for as long as it lives. Once the guard
 * has told the tool's end, and nothing more comes for a while, ssh is ended from here.
 */
export function watchForEnd(mark: string): { start(worker: Worker): void; output(): void; errorOutput(text: string): void } {
  let worker: Worker | undefined;
  let tail = '';
  let timer: NodeJS.Timeout | undefined;
  const output = (): void => void timer?.refresh();
  return {
    start: (started) => {
      worker = started;
      void started.ended.then(() => clearTimeout(timer));
    },
    output,
    errorOutput: (text) => {
      output();
      tail = (tail + text).slice(-1024);
      if (tail.includes(`\n${mark} `)) timer ??= setTimeout(() => worker?.kill(), quietMs);
    },
  };
}
