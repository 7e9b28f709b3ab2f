import { ImageError } from '@image-api/driver';

/**
 * Read a size such as `4TiB`, `500GB` or `none`.
 *
 * @returns whole bytes, rounded down; `Infinity` for `none`
 * @throws ImageError BAD_OPTION for a bare number, an unknown unit, and for what cannot be counted
 */
export function parseSize(text: string): number {
  const trimmed = text.trim();
  if (trimmed.toLowerCase() === 'none') return Infinity;
  const [, amount, prefix] = sizePattern.exec(trimmed) ?? [];
  if (amount === undefined || prefix === undefined) throw badSize(text, 'is not a size with a unit');
  const bytes = Math.floor(Number(amount) * unitOf(prefix.toLowerCase()));
  if (!Number.isSafeInteger(bytes) || bytes < 1) throw badSize(text, 'cannot be counted in bytes');
  return bytes;
}

/** Bounded, so that no text makes a number that is none. */
const sizePattern = /^(\d{1,15}(?:\.\d{1,15})?)\s*((?:[kmgtpKMGTP]i?)?)B$/;

function unitOf(prefix: string): number {
  return (prefix.endsWith('i') ? 1024 : 1000) ** ['', 'k', 'm', 'g', 't', 'p'].indexOf(prefix.slice(0, 1));
}

function badSize(text: string, problem: string): ImageError {
  return new ImageError(`${JSON.stringify(text)} ${problem}: write one like 500GB, 4TiB, or none`, {
    code: 'BAD_OPTION',
    origin: 'caller',
    untouched: true,
  });
}
