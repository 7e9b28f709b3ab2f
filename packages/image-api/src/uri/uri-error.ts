import { ImageError } from '@image-api/driver';
import { showText } from './show-text.ts';

/** The text is not a path or URI as it stands. `problem` says why, `wayOut` what to write instead. */
export function badEndpoint(text: string, problem: string, wayOut: string, cause?: unknown): ImageError {
  return uriError('BAD_ENDPOINT', text, problem, wayOut, cause);
}

/** The text can be read, but names a path that is never copied from or to. */
export function badPath(text: string, problem: string, wayOut: string): ImageError {
  return uriError('BAD_PATH', text, problem, wayOut);
}

function uriError(code: 'BAD_ENDPOINT' | 'BAD_PATH', text: string, problem: string, wayOut: string, cause?: unknown): ImageError {
  return new ImageError(`${showText(text)} ${problem}: ${wayOut}`, { code, origin: 'caller', untouched: true, cause });
}
