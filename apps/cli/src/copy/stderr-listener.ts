import { escapeControls } from '../text/escape-controls.ts';
import type { Output } from '../world.ts';
import { remarkOn } from './remarks.ts';
import type { ProgressView, TaskListener } from './task-listener.ts';

/**
 * Tells a person, on stderr: who copies and why, how far it is, and how it ended.
 *
 * @param signal when it is aborted, progress is no longer shown: what follows is clean-up
 */
export function createStderrListener(stderr: Output, view: ProgressView, signal: AbortSignal): TaskListener {
  const say = (remark: string): void => {
    view.clear();
    stderr.write(remark);
  };
  const interrupted = (): void => say(`imagectl: ${escapeControls(String(signal.reason))}, cleaning up\n`);
  signal.addEventListener('abort', interrupted, { once: true });
  return {
    take: (event) => {
      if (event.type === 'progress' && !signal.aborted) view.show(event.progress);
      const remark = remarkOn(event);
      if (remark !== undefined) say(remark);
    },
    end: () => {
      signal.removeEventListener('abort', interrupted);
      view.clear();
    },
  };
}
