/**
 * A rate for people that loses nothing: `parseRate(formatRate(rate))` is `rate`. The shortest of all exact ways to write it,
 * with two decimals at the most: `20 MiB/s`, `1.5 GiB/s`, `50 MB/s`, `20971521 B/s`.
 *
 * @param bytesPerSecond not negative; a fraction of a byte is left out
 */
export function formatRate(bytesPerSecond: number): string {
  const bytes = Math.trunc(bytesPerSecond);
  const [amount, unit] = units
    .map(([name, size]): Amount => [exactly(bytes, size), name])
    // The first of the shortest: units stand in order of preference.
    .reduce((best, next) => (next[0].length > 0 && next[0].length < best[0].length ? next : best), [String(bytes), 'B/s']);
  return `${amount} ${unit}`;
}

type Amount = readonly [amount: string, unit: string];

const units: readonly (readonly [name: string, size: number])[] = [
  ['TiB/s', 1024 ** 4],
  ['TB/s', 1000 ** 4],
  ['GiB/s', 1024 ** 3],
  ['GB/s', 1000 ** 3],
  ['MiB/s', 1024 ** 2],
  ['MB/s', 1000 ** 2],
  ['KiB/s', 1024],
  ['kB/s', 1000],
];

/** The amount in a unit with two decimals at the most, or nothing where it would have to be rounded. */
function exactly(bytes: number, size: number): string {
  const hundredths = BigInt(bytes) * 100n;
  if (bytes < size || hundredths % BigInt(size) !== 0n) return '';
  return String(Number(hundredths / BigInt(size)) / 100);
}
