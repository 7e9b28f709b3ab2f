import type { Driver, ImageFormat, Limits } from '@image-api/driver';
import type { VerifyMode } from '../copy-options.ts';

/** A driver by id, by instance, or by id with options for its factory. */
export type DriverEntry = string | Driver | readonly [id: string, options: Readonly<Record<string, unknown>>];

/** A rule for copies that match it. All that match apply, in order; a later one wins where two say something of the same thing. */
export interface Rule {
  /** Glob over the source's canonical URI: `*` within a path segment, `**` over any text. Default: any. */
  readonly from?: string;
  /** The same for the destination: `ssh://backup-*` + `/**`. */
  readonly to?: string;
  /** Applies only where the configured facts have these values. */
  readonly when?: Readonly<Record<string, string | number | boolean>>;
  /** Only these drivers, ranked in this order. */
  readonly use?: readonly string[];
  /** Never these. */
  readonly avoid?: readonly string[];
  /** In place of the config's limits. `bandwidth: 0` or `'none'` lifts them. */
  readonly limits?: ConfigLimits;
}

/** Limits as configuration writes them: with a unit, or a number of bytes per second. 0 and absent mean no limit. */
export interface ConfigLimits {
  readonly bandwidth?: string | number;
}

/** What a site decides. Everything has a default. */
export interface Config {
  /** In order of preference where estimates are equal. Default: whichever of the project's own drivers are installed. */
  readonly drivers?: readonly DriverEntry[];
  /** The operator's default for every copy, local or remote. A copy's own `limit` option stands over it. */
  readonly limits?: ConfigLimits;
  readonly rules?: readonly Rule[];
  /** What the operator says of this machine; rules ask for it with `when`. */
  readonly facts?: Readonly<Record<string, string | number | boolean>>;
  /** Copies running at once in this instance; the others are queued. Default 4. */
  readonly concurrency?: number;
  /** Default `size`. */
  readonly verify?: VerifyMode;
  readonly ssh?: { /** Used as `ssh -F` would. A relative path starts at the config file's directory. */ readonly configFile?: string };
  readonly retry?: RetryConfig;
  readonly images?: ImagesConfig;
  /** Let this user's other processes see and steer the copies: `imagectl tasks`, `listTasks()`. Default false; imagectl itself has it on. */
  readonly control?: boolean;
  /**
   * Remember how long copies took on which route, in a private directory of this user, and correct by it what drivers guess. Default true.
   */
  readonly history?: boolean;
}

/** Which images may be copied at all. */
export interface ImagesConfig {
  /** Only these. Default: every known format whose safety rules hold. */
  readonly formats?: readonly ImageFormat[];
  /** Largest size a header may declare, with a unit or in bytes; `'none'` lifts it. Default 2 TiB. Images without a header are as large as they are. */
  readonly maxVirtualSize?: string | number;
  /** Directories that backing files must lie in, where a copy allows them. Default: anywhere on the source's host. */
  readonly backingRoots?: readonly string[];
}

export interface RetryConfig {
  /** Tries in all, progress resets the count. Default 5. */
  readonly attempts?: number;
  /** First pause in milliseconds, doubled each time, with jitter of 20 %. Default 1000. */
  readonly delayMs?: number;
  /** No try is begun later than this after the first one that failed without getting further, in milliseconds. Default 900000, a quarter of an hour. */
  readonly deadlineMs?: number;
}

/** A config with its defaults filled in and its texts understood. */
export interface ResolvedConfig {
  readonly drivers: readonly DriverEntry[] | undefined;
  readonly limits: Limits;
  readonly rules: readonly (Omit<Rule, 'limits'> & { readonly limits?: Limits })[];
  readonly facts: Readonly<Record<string, string | number | boolean>>;
  readonly concurrency: number;
  readonly verify: VerifyMode;
  readonly ssh: { readonly configFile?: string };
  readonly retry: Required<RetryConfig>;
  readonly images: Omit<ImagesConfig, 'maxVirtualSize'> & { readonly maxVirtualSize: number };
  readonly control: boolean;
  readonly history: boolean;
  /** Where it was read from; drivers are looked up from there first. */
  readonly file?: string;
}

/** Typing aid for `image-api.config.ts`: gives back what it is given. */
export function defineConfig(config: Config): Config {
  return config;
}
