import { ImageError } from '@image-api/driver';
import type { TaskState } from './task.ts';

/** What cannot be steered, and why. */
export const notRunning = (state: TaskState): ImageError =>
  new ImageError(`the copy is ${state}, not running`, { code: 'UNSUPPORTED', origin: 'caller' });
