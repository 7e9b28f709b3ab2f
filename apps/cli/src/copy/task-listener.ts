import type { Progress, TaskEvent } from 'image-api';

/** Somebody who is told what happens to a copy. */
export interface TaskListener {
  take(event: TaskEvent): void;
  /** Nothing more will come, or nothing more is wanted. Calling it twice is harmless. */
  end(): void;
}

/** A way of showing how far a copy is. */
export interface ProgressView {
  show(progress: Progress): void;
  /** Make room for other lines; `show` goes on afterwards. */
  clear(): void;
}
