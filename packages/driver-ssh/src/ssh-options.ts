import { ImageError } from '@image-api/driver';

/** What `ssh()` takes, and what one copy may set for itself. */
export interface SshOptions {
  /** What packs the bytes on their way. `auto` tries a sample of the image, and packs where that pays. Default `auto`. */
  readonly compress?: Compress;
  /** End a copy that makes no progress for this many milliseconds. Default 60000. */
  readonly stallMs?: number;
}

/** The words of `compress`. */
export type Compress = 'auto' | 'zstd' | 'gzip' | 'none';

const compressions: readonly Compress[] = ['auto', 'zstd', 'gzip', 'none'];
const defaults: Required<SshOptions> = { compress: 'auto', stallMs: 60_000 };

/**
 * The options of the factory, then those of one copy, over the defaults.
 *
 * @throws ImageError BAD_OPTION for a name or value that is not an option
 */
export function sshOptions(...layers: readonly object[]): Required<SshOptions> {
  const given: Record<string, unknown> = Object.assign({}, ...layers);
  for (const name of Object.keys(given)) if (!Object.hasOwn(defaults, name)) throw badOption(`it has no option ${JSON.stringify(name)}`);
  const { compress = defaults.compress, stallMs = defaults.stallMs } = given;
  if (!isCompress(compress)) throw badOption(`compress is ${JSON.stringify(compress)}`);
  if (typeof stallMs !== 'number' || !(stallMs > 0)) throw badOption(`stallMs is ${JSON.stringify(stallMs)}`);
  return { compress, stallMs };
}

function isCompress(value: unknown): value is Compress {
  return compressions.some((compress) => compress === value);
}

function badOption(what: string): ImageError {
  const words = `it takes compress (${compressions.join(', ')}) and stallMs (a number of milliseconds above 0)`;
  return new ImageError(`driver ssh: ${what}; ${words}`, { code: 'BAD_OPTION', origin: 'caller', driver: 'ssh', untouched: true });
}
