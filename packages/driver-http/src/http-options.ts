import { ImageError } from '@image-api/driver';

/** What `http()` takes, and what one copy may set for itself. */
export interface HttpOptions {
  /** Ranges that are fetched at the same time, each over a connection of its own: 1 to 16. Default 4. */
  readonly connections?: number;
  /** End a copy that makes no progress for this many milliseconds. Default 60000. */
  readonly stallMs?: number;
}

const defaults: Required<HttpOptions> = { connections: 4, stallMs: 60_000 };
const mostConnections = 16;

/**
 * The options of the factory, then those of one copy, over the defaults.
 *
 * @throws ImageError BAD_OPTION for a name or value that is not an option
 */
export function httpOptions(...layers: readonly object[]): Required<HttpOptions> {
  const given: Record<string, unknown> = Object.assign({}, ...layers);
  for (const name of Object.keys(given)) if (!Object.hasOwn(defaults, name)) throw badOption(`it has no option ${JSON.stringify(name)}`);
  const { connections = defaults.connections, stallMs = defaults.stallMs } = given;
  if (!isCount(connections)) throw badOption(`connections is ${JSON.stringify(connections)}`);
  if (typeof stallMs !== 'number' || !(stallMs > 0)) throw badOption(`stallMs is ${JSON.stringify(stallMs)}`);
  return { connections, stallMs };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= mostConnections;
}

function badOption(what: string): ImageError {
  const words = `it takes connections (1 to ${mostConnections}) and stallMs (a number of milliseconds above 0)`;
  return new ImageError(`driver http: ${what}; ${words}`, { code: 'BAD_OPTION', origin: 'caller', driver: 'http', untouched: true });
}
