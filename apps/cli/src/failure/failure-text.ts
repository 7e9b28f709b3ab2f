import { inspect } from 'node:util';
import type { ImageError } from '@image-api/driver';
import { escapeLines } from '../text/escape-controls.ts';

/** What went wrong, for people: one sentence, and with `debug` where it came from. */
export function failureText(error: ImageError, debug: boolean): string {
  const sentence = `imagectl: ${escapeLines(error.message)}\n`;
  return debug ? `${sentence}  ${escapeLines(stacks(error))}\n` : sentence;
}

function stacks(error: ImageError): string {
  const { code, origin, driver, retryable, untouched, details } = error;
  const facts = inspect({ code, origin, driver, retryable, untouched, details }, { depth: 4, breakLength: 120, maxStringLength: 65_536 });
  return `${error.stack ?? error.message}\n${causes(error)}${facts}`;
}

function causes(error: Error): string {
  const { cause } = error;
  if (cause === undefined) return '';
  if (!(cause instanceof Error)) return `caused by ${inspect(cause)}\n`;
  return `caused by ${cause.stack ?? cause.message}\n${causes(cause)}`;
}
