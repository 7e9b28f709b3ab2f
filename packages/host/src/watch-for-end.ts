import { saysEnd, saysEnding } from './remote-guard.ts';
import type { Worker } from './worker.ts';

const quietMs = 1000;
/** How long the guard over there may take to hear that the tool is cancelled. */
const hearMs = 1250;

/**
 * A process that a tool left behind over there, outside of its group, keeps the channel open for as long as it lives. Once the guard
 * has told the tool's end, and nothing more comes for a while, ssh is ended from here. So it is when the tool is cancelled and the guard
 * does not hear it: the network is gone, and the guard will notice by itself. A tool that ends for another reason may be tried again
 * and must be gone by then, so there is no hurry.
 */
export function watchForEnd(
  mark: string,
  signal: AbortSignal | undefined,
): { start(worker: Worker): void; output(): void; errorOutput(text: string): void } {
  let worker: Worker | undefined;
  let tail = '';
  let isHeard = false;
  let timer: NodeJS.Timeout | undefined;
  let hearing: NodeJS.Timeout | undefined;
  const output = (): void => void timer?.refresh();
  const listen = (): void => void (hearing = setTimeout(() => isHeard || worker?.kill(), hearMs));
  const stop = (): void => {
    signal?.removeEventListener('abort', listen);
    clearTimeout(timer);
    clearTimeout(hearing);
  };
  return {
    start: (started) => {
      worker = started;
      if (signal?.aborted) listen();
      else signal?.addEventListener('abort', listen, { once: true });
      void started.ended.then(stop);
    },
    output,
    errorOutput: (text) => {
      output();
      tail = (tail + text).slice(-1024);
      isHeard ||= saysEnding(tail, mark) || saysEnd(tail, mark);
      if (saysEnd(tail, mark)) timer ??= setTimeout(() => worker?.kill(), quietMs);
    },
  };
}
