import { parseTree, printParseErrorCode } from 'jsonc-parser';
import type { ParseError } from 'jsonc-parser';
import { configError } from './config-error.ts';

/**
 * Read JSON from a file.
 *
 * @throws ImageError BAD_CONFIG with file, line and column
 */
export function parseJson(text: string, file: string): unknown {
  const json = text.replace(/^\u{feff}/u, '');
  try {
    return JSON.parse(json);
  } catch (error) {
    throw invalid(json, file, error);
  }
}

/** The engine's own message tells the place in some versions and for some mistakes only. */
function invalid(json: string, file: string, cause: unknown): Error {
  const faults: ParseError[] = [];
  parseTree(json, faults, { disallowComments: true });
  const { offset = json.length, error } = faults[0] ?? {};
  const before = json.slice(0, offset).split('\n');
  const place = `${file}:${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
  const problem = error === undefined ? '' : ` (${wordsOf(printParseErrorCode(error))})`;
  return configError({ file: place }, `is not valid JSON${problem}`, cause);
}

/** `PropertyNameExpected` as people write it. */
function wordsOf(code: string): string {
  return code.replaceAll(/[A-Z]/g, (letter, place) => `${place === 0 ? '' : ' '}${letter.toLowerCase()}`);
}
