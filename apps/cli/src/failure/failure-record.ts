import { exitStatus } from '@image-api/driver';
import type { ErrorCode, ErrorOrigin, ImageError } from '@image-api/driver';

/** The last line that `--json` prints when something went wrong. */
export interface FailureRecord {
  readonly type: 'error';
  readonly code: ErrorCode;
  readonly message: string;
  readonly origin: ErrorOrigin;
  readonly driver?: string;
  readonly retryable: boolean;
  readonly exitStatus: number;
  readonly details: Readonly<Record<string, unknown>>;
}

/** What went wrong, for programs. */
export function failureRecord(error: ImageError): FailureRecord {
  const { code, message, origin, driver, retryable, details } = error;
  const named = driver === undefined ? {} : { driver };
  return { type: 'error', code, message, origin, ...named, retryable, exitStatus: exitStatus(code), details: tame(details) };
}

/** Details are for reading; one that JSON cannot hold must not cost the caller the error itself. */
function tame(details: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const entries = Object.entries(details).map(([key, value]) => [key, isJson(value) ? value : String(value)]);
  return Object.fromEntries(entries) as Record<string, unknown>;
}

function isJson(value: unknown): boolean {
  try {
    return JSON.stringify(value) !== undefined;
  } catch {
    return false;
  }
}
