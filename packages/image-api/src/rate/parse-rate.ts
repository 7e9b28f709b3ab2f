import { ImageError } from '@image-api/driver';

/**
 * Read a rate such as `50MiB/s`, `50MB/s` or `400Mbit/s`.
 *
 * @returns whole bytes per second, rounded down; `undefined` for `none`
 * @throws ImageError BAD_LIMIT for a bare number, for a unit that can be read in two ways, and for what is not 1 B/s or more
 */
export function parseRate(text: string): number | undefined {
  const trimmed = text.trim();
  if (trimmed.toLowerCase() === 'none') return undefined;
  const [, amount, unit] = ratePattern.exec(trimmed) ?? [];
  if (amount === undefined || unit === undefined)
    throw badLimit(text, 'is not a rate', 'write one like 50MiB/s, 50MB/s, 400Mbit/s, or none');
  return checkRange(bytesOf(amount, sizeOf(amount, unit, text)), text);
}

/** Bounded, so that no text makes the arithmetic long. */
const ratePattern = /^(\d{1,20}(?:\.\d{1,20})?)\s*([^\d\s.,-][^\d\s.,-]{0,11}|)$/u;

/** A rate unit as a fraction of whole numbers, so that `0.1MB/s` is exactly 100000. */
interface UnitSize {
  readonly bytes: bigint;
  readonly per: bigint;
}

function sizeOf(amount: string, unit: string, text: string): UnitSize {
  const [, prefix, word] = /^((?:[kmgt]i?)?)(B|b|bit|bits)\/s$/i.exec(unit) ?? [];
  if (prefix === undefined || word === undefined) throw badUnit(amount, unit, text);
  const bytes = prefixSize(prefix.toLowerCase());
  if (word === 'B') return { bytes, per: 1n };
  if (word.length > 1) return { bytes, per: 8n };
  throw badLimit(text, 'may mean bits or bytes', `write ${amount}${tidy(prefix)}B/s or ${amount}${tidy(prefix)}bit/s`);
}

function prefixSize(prefix: string): bigint {
  return (prefix.endsWith('i') ? 1024n : 1000n) ** BigInt(['', 'k', 'm', 'g', 't'].indexOf(prefix.slice(0, 1)));
}

function tidy(prefix: string): string {
  const [letter = '', i = ''] = prefix.toLowerCase();
  return letter === 'k' && i === '' ? 'k' : `${letter.toUpperCase()}${i}`;
}

function bytesOf(amount: string, { bytes, per }: UnitSize): bigint {
  const [whole = '', fraction = ''] = amount.split('.');
  return (BigInt(whole + fraction) * bytes) / (per * 10n ** BigInt(fraction.length));
}

function checkRange(bytes: bigint, text: string): number {
  if (bytes < 1n) throw badLimit(text, 'is less than 1 B/s', 'write a larger rate, or none for no limit');
  if (bytes <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(bytes);
  throw badLimit(text, 'is more than can be counted', 'write a smaller rate, or none for no limit');
}

function badUnit(amount: string, unit: string, text: string): ImageError {
  if (unit === '') return badLimit(text, 'has no unit', `did you mean ${amount}MiB/s? Others are kB/s, MB/s, GiB/s, Mbit/s`);
  const match = /^([kmgt]i?)?(B|b|bits?)?(?:ps|\/s|\/sec)?$/i.exec(unit);
  if (!match)
    return badLimit(text, `has a unit that is not known (${JSON.stringify(unit)})`, 'write kB/s, KiB/s, MB/s, MiB/s, GiB/s or Mbit/s');
  const [, prefix = '', word = ''] = match;
  const words = word === 'B' ? ['B/s'] : word.length > 1 ? ['bit/s'] : ['B/s', 'bit/s'];
  const candidates = words.map((candidate) => `${amount}${tidy(prefix)}${candidate}`);
  return badLimit(text, 'is not a rate per second', `did you mean ${candidates.join(' or ')}?`);
}

function badLimit(text: string, problem: string, wayOut: string): ImageError {
  return new ImageError(`limit ${JSON.stringify(text)} ${problem}: ${wayOut}`, { code: 'BAD_LIMIT', origin: 'caller', untouched: true });
}
