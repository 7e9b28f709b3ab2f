import type { Priority } from '@image-api/driver';
import type { TaskLimits } from './task.ts';

/** Whether a copy is to take longer than it could: it has a limit of any kind, or gives way to others. */
export function isHeld({ bandwidth, group, auto }: TaskLimits, priority: Priority): boolean {
  return priority === 'idle' || bandwidth !== undefined || group !== undefined || auto === true;
}
