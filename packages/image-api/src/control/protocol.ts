import { ImageError } from '@image-api/driver';
import type { ErrorCode, Limits } from '@image-api/driver';
import type { TaskRecord } from './task-record.ts';

/** What may be asked of the process a task runs in: one JSON object a line, answered in order by one `Reply` a line. */
export type Request =
  | { readonly ask: 'tasks' }
  | { readonly ask: 'limit'; readonly task: string; readonly limit: string; readonly group?: string }
  | { readonly ask: 'pause' | 'resume'; readonly task: string }
  | { readonly ask: 'cancel'; readonly task: string; readonly reason?: string };

export type Reply =
  | { readonly ok: true; readonly tasks: readonly TaskRecord[] }
  /** What was asked is done; the limits are those in force now. */
  | { readonly ok: true; readonly task: TaskRecord; readonly limits?: Limits; readonly outcome?: 'cancelled' | 'succeeded' | 'failed' }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string };

/** No honest line is longer. */
export const longestLine = 65_536;
/** The socket's name in a process's private directory. */
export const socketName = 'control';

/** What an asker sent, or why it is no request. Whoever can write to the socket is this user, but may run another version. */
export function readRequest(line: string): Request {
  const value = parse(line);
  const { ask, task, limit, group, reason } = value;
  if (ask === 'tasks') return { ask };
  if (typeof task !== 'string') throw malformed('it names no task');
  if (ask === 'pause' || ask === 'resume') return { ask, task };
  if (ask === 'cancel') return { ask, task, ...(typeof reason === 'string' && { reason }) };
  if (ask === 'limit' && typeof limit === 'string') return { ask, task, limit, ...(typeof group === 'string' && { group }) };
  throw malformed('it asks for nothing that is known here');
}

function parse(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Told below, in the same words as other nonsense.
  }
  throw malformed('it is no JSON object');
}

function malformed(why: string): ImageError {
  return new ImageError(`a request to a running copy could not be read: ${why}`, { code: 'BAD_OPTION', origin: 'caller', untouched: true });
}
