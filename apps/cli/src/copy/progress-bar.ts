import { SingleBar } from 'cli-progress';
import type { Progress } from 'image-api';
import type { Output } from '../world.ts';
import { progressBarText } from './progress-text.ts';
import type { ProgressView } from './task-listener.ts';

/** A live bar on the last line of a terminal, gone when the copy is over. */
export function createProgressBar(stderr: Output): ProgressView {
  let latest: Progress | undefined;
  let drawn: SingleBar | undefined;
  const format = (): string => (latest ? progressBarText(latest, stderr.columns || 80) : '');
  return {
    show: (progress) => {
      latest = progress;
      drawn ??= startBar(stderr, format);
    },
    clear: () => {
      drawn?.stop();
      drawn = undefined;
    },
  };
}

function startBar(stream: Output, format: () => string): SingleBar {
  // Lines are cut to size by ourselves and signals are ours, so the terminal needs no setting that would have to be put back.
  const bar = new SingleBar({ stream, format, fps: 8, clearOnComplete: true, hideCursor: false, linewrap: true, gracefulExit: false });
  bar.start(1, 0);
  return bar;
}
