import { ImageError } from '@image-api/driver';

/** What `scp()` takes, and what one copy may set for itself. */
export interface ScpOptions {
  /** Let ssh compress. It compresses on one core, so this pays on slow links only. Default false. */
  readonly compress?: boolean;
  /** End a copy that makes no progress for this many milliseconds; more is granted where a limit is very low. Default 60000. */
  readonly stallMs?: number;
}

const defaults: Required<ScpOptions> = { compress: false, stallMs: 60_000 };

/**
 * The options of the factory, then those of one copy, over the defaults.
 *
 * @throws ImageError BAD_OPTION for a name or value that is not an option
 */
export function scpOptions(...layers: readonly object[]): Required<ScpOptions> {
  const given: Record<string, unknown> = Object.assign({}, ...layers);
  for (const name of Object.keys(given)) if (!Object.hasOwn(defaults, name)) throw badOption(`it has no option ${JSON.stringify(name)}`);
  const { compress = defaults.compress, stallMs = defaults.stallMs } = given;
  if (typeof compress !== 'boolean') throw badOption(`compress is ${JSON.stringify(compress)}`);
  if (typeof stallMs !== 'number' || !(stallMs > 0)) throw badOption(`stallMs is ${JSON.stringify(stallMs)}`);
  return { compress, stallMs };
}

function badOption(what: string): ImageError {
  return new ImageError(`driver scp: ${what}; it takes compress (true or false) and stallMs (a number of milliseconds above 0)`, {
    code: 'BAD_OPTION',
    origin: 'caller',
    driver: 'scp',
    untouched: true,
  });
}
