import { ImageError } from '@image-api/driver';

/** What `cp()` takes, and what one copy may set for itself. */
export interface CpOptions {
  /**
   * `auto`: share blocks with the source where the filesystem can, so that no data is moved. `never`: copy all data, so that both
   * files are independent on disk. Default `auto`.
   */
  readonly reflink?: 'auto' | 'never';
  /** End a copy that makes no progress for this many milliseconds. Default 120000. */
  readonly stallMs?: number;
}

const defaults: Required<CpOptions> = { reflink: 'auto', stallMs: 120_000 };

/**
 * The options of the factory, then those of one copy, over the defaults.
 *
 * @throws ImageError BAD_OPTION for a name or value that is not an option
 */
export function cpOptions(...layers: readonly object[]): Required<CpOptions> {
  const given: Record<string, unknown> = Object.assign({}, ...layers);
  for (const name of Object.keys(given)) if (!Object.hasOwn(defaults, name)) throw badOption(`it has no option ${JSON.stringify(name)}`);
  const { reflink = defaults.reflink, stallMs = defaults.stallMs } = given;
  if (reflink !== 'auto' && reflink !== 'never') throw badOption(`reflink is ${JSON.stringify(reflink)}`);
  if (typeof stallMs !== 'number' || !(stallMs > 0)) throw badOption(`stallMs is ${JSON.stringify(stallMs)}`);
  return { reflink, stallMs };
}

function badOption(what: string): ImageError {
  return new ImageError(`driver cp: ${what}; it takes reflink ('auto' or 'never') and stallMs (a number of milliseconds above 0)`, {
    code: 'BAD_OPTION',
    origin: 'caller',
    driver: 'cp',
    untouched: true,
  });
}
