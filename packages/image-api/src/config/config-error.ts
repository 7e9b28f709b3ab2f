import { ImageError } from '@image-api/driver';
import type { ErrorCode } from '@image-api/driver';

/** Where a fault lies: the file, where there is one, and the keys that lead to it. */
export interface ConfigPlace {
  readonly file?: string | undefined;
  readonly keys?: readonly (string | number)[];
}

/** `image-api.config.json: rules[0].use[1]: expected a driver name, got 3`. */
export function configError(
  { file, keys = [] }: ConfigPlace,
  problem: string,
  cause?: unknown,
  code: ErrorCode = 'BAD_CONFIG',
): ImageError {
  const place = [file ?? 'config', formatKeys(keys)].filter((part) => part !== '').join(': ');
  return new ImageError(`${place}: ${problem}`, { code, origin: 'caller', untouched: true, cause });
}

function formatKeys(keys: readonly (string | number)[]): string {
  return keys.map(formatKey).join('').replace(/^\./, '');
}

function formatKey(key: string | number): string {
  if (typeof key === 'number') return `[${key}]`;
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}
