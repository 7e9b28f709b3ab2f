import { ImageError } from '@image-api/driver';

/** How bytes are packed on their way over ssh or to a daemon. */
export type Compression = 'auto' | 'none' | 'zstd' | 'lz4' | 'zlibx' | 'zlib';

/** Options of the driver as a whole, and, as `driverOptions.rsync`, of a single copy. */
export interface RsyncOptions {
  /**
   * `auto`: zstd at level 1 where both ends have it, else lz4, else none. Never chosen by itself: zlib, which is slower than the network.
   * Local copies are never compressed. Default `auto`.
   */
  readonly compress?: Compression;
  /** For zstd −131072 to 22, for zlib and zlibx 1 to 9. Default 1. Needs `compress` to name one of them. */
  readonly compressLevel?: number;
  /** Milliseconds without a byte moved after which a copy has stalled. At least 1000; default 120000. */
  readonly stallMs?: number;
  /** Absolute path of a private file (mode 0600) on this machine with the password for rsync daemons. */
  readonly passwordFile?: string;
}

/** Options with the defaults filled in. */
export type ResolvedRsyncOptions = Required<Omit<RsyncOptions, 'passwordFile'>> & Pick<RsyncOptions, 'passwordFile'>;

/** The lowest and highest level of each compressor that has levels. */
const levels: Readonly<Record<string, readonly [number, number]>> = { zstd: [-131_072, 22], zlibx: [1, 9], zlib: [1, 9] };
const compressions: readonly unknown[] = ['auto', 'none', 'zstd', 'lz4', 'zlibx', 'zlib'] satisfies readonly Compression[];

/**
 * Check options that may come from a JSON file; those of the copy win over those of the driver.
 *
 * @throws ImageError BAD_OPTION, naming the option and the values it takes
 */
export function resolveOptions(factory: RsyncOptions, copy: Readonly<Record<string, unknown>> = {}): ResolvedRsyncOptions {
  const merged: Readonly<Record<string, unknown>> = {
    compress: 'auto',
    compressLevel: 1,
    stallMs: 120_000,
    ...defined(factory),
    ...defined(copy),
  };
  for (const [name, value] of Object.entries(merged)) checkOne(name, value);
  const options = merged as unknown as ResolvedRsyncOptions;
  const levelNamed = factory.compressLevel !== undefined || copy['compressLevel'] !== undefined;
  if (levelNamed) checkLevel(options);
  return options;
}

function defined(options: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function checkOne(name: string, value: unknown): void {
  if (name === 'compress') return insist(compressions.includes(value), name, value, compressions.join(', '));
  if (name === 'compressLevel') return insist(Number.isInteger(value), name, value, 'a whole number');
  if (name === 'stallMs') return insist(Number.isSafeInteger(value) && (value as number) >= 1000, name, value, 'a whole number from 1000');
  if (name === 'passwordFile') return insist(isPlainAbsolutePath(value), name, value, 'an absolute path');
  throw badOption(`rsync has no option ${JSON.stringify(name)}; it takes compress, compressLevel, stallMs and passwordFile`);
}

function checkLevel({ compress, compressLevel }: ResolvedRsyncOptions): void {
  const [lowest, highest] = levels[compress] ?? [];
  if (lowest === undefined || highest === undefined) {
    throw badOption(`rsync option compressLevel needs compress to be zstd, zlibx or zlib, not ${JSON.stringify(compress)}`);
  }
  insist(compressLevel >= lowest && compressLevel <= highest, 'compressLevel', compressLevel, `${lowest} to ${highest} with ${compress}`);
}

function isPlainAbsolutePath(value: unknown): boolean {
  return typeof value === 'string' && value.startsWith('/') && !/\p{Cc}/u.test(value);
}

function insist(holds: boolean, name: string, value: unknown, allowed: string): void {
  if (!holds) throw badOption(`rsync option ${name} cannot be ${JSON.stringify(value)}: it takes ${allowed}`);
}

function badOption(message: string): ImageError {
  return new ImageError(message, { code: 'BAD_OPTION', origin: 'caller', driver: 'rsync', untouched: true });
}
