import type { ImageApi } from './api.ts';
import type { CopyOptions } from './copy-options.ts';
import { createImageApi } from './image-api.ts';
import type { Plan } from './plan/plan.ts';
import type { Task } from './run/task.ts';

let shared: ImageApi | undefined;

/**
 * Start a copy with no set-up: by the nearest `image-api.config.{ts,js,mjs,json}` and, without one, whichever of the
 * project's drivers are installed. Returns before any I/O.
 *
 * @example
 * const task = copy('disk.raw', 'ssh://host/images/disk.raw', { limit: '20MiB/s' });
 * const result = await task.wait();
 */
export function copy(from: string | URL, to: string | URL, options?: CopyOptions): Task {
  return instance().copy(from, to, options);
}

/** What `copy` would do with the same arguments, and why. */
export function plan(from: string | URL, to: string | URL, options?: CopyOptions): Promise<Plan> {
  return instance().plan(from, to, options);
}

function instance(): ImageApi {
  shared ??= createImageApi();
  return shared;
}
