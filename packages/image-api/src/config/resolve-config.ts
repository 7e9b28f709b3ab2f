import { homedir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { inspect } from 'node:util';
import { isImageError } from '@image-api/driver';
import type { Limits } from '@image-api/driver';
import * as v from 'valibot';
import { parseRate } from '../rate/parse-rate.ts';
import { parseSize } from '../rate/parse-size.ts';
import { checkDriverNames } from './check-driver-names.ts';
import { configError } from './config-error.ts';
import type { ConfigPlace } from './config-error.ts';
import { configSchema } from './config-schema.ts';
import type { Config, ConfigLimits, ResolvedConfig, Rule } from './config.ts';

/** On what was resolved before; kept by a spread, so that such a config may be changed and handed on. */
const resolvedMark: unique symbol = Symbol.for('image-api.ResolvedConfig');

/**
 * Check a config, fill in its defaults and understand its texts. What was resolved before is given back as it is.
 *
 * @param where.file the file it was read from: named in messages, and where a relative `ssh.configFile` starts
 * @throws ImageError BAD_CONFIG naming the key, UNKNOWN_DRIVER for a rule that names a driver which is not configured
 */
export function resolveConfig(config: unknown, where: { readonly file?: string } = {}): ResolvedConfig {
  if (isResolved(config)) return config;
  const checked = check(config, where);
  checkDriverNames(checked, where);
  const resolved: ResolvedConfig & { readonly [resolvedMark]: true } = {
    [resolvedMark]: true,
    drivers: checked.drivers,
    limits: resolveLimits(checked.limits, { ...where, keys: ['limits'] }),
    rules: (checked.rules ?? []).map((rule, index) => resolveRule(rule, { ...where, keys: ['rules', index] })),
    facts: checked.facts ?? {},
    concurrency: checked.concurrency ?? 4,
    verify: checked.verify ?? 'size',
    ssh: resolveSsh(checked.ssh?.configFile, where.file),
    retry: {
      attempts: checked.retry?.attempts ?? 5,
      delayMs: checked.retry?.delayMs ?? 1000,
      deadlineMs: checked.retry?.deadlineMs ?? 900_000,
    },
    images: {
      ...checked.images,
      maxVirtualSize: resolveSize(checked.images?.maxVirtualSize, { ...where, keys: ['images', 'maxVirtualSize'] }),
    },
    control: checked.control ?? false,
    history: checked.history ?? true,
    ...(where.file !== undefined && { file: where.file }),
  };
  return resolved;
}

function isResolved(config: unknown): config is ResolvedConfig {
  return typeof config === 'object' && config !== null && resolvedMark in config;
}

function check(config: unknown, { file }: ConfigPlace): Config {
  const { success, output, issues } = v.safeParse(configSchema, config);
  if (success) return output as Config;
  const [{ path, message, input, expected }] = issues;
  const keys = (path ?? []).map(({ key }) => (typeof key === 'number' ? key : String(key)));
  throw configError({ file, keys }, expected === 'never' ? message : `expected ${message}, got ${show(input)}`);
}

function show(value: unknown): string {
  const text = inspect(value, { depth: 1, breakLength: Infinity });
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

function resolveRule({ limits, ...rule }: Rule, place: Required<Pick<ConfigPlace, 'keys'>> & ConfigPlace): ResolvedConfig['rules'][number] {
  const given = Object.fromEntries(Object.entries(rule).filter(([, value]) => value !== undefined)) as Omit<Rule, 'limits'>;
  return limits === undefined ? given : { ...given, limits: resolveLimits(limits, { ...place, keys: [...place.keys, 'limits'] }) };
}

/** An empty set where nothing is limited. */
function resolveLimits({ bandwidth }: ConfigLimits = {}, place: Required<Pick<ConfigPlace, 'keys'>> & ConfigPlace): Limits {
  const keys = [...place.keys, 'bandwidth'];
  const bytes = typeof bandwidth === 'string' ? readRate(bandwidth, { ...place, keys }) : bandwidth;
  if (bytes === undefined || bytes === 0) return {};
  if (Number.isSafeInteger(bytes) && bytes > 0) return { bandwidth: bytes };
  throw configError({ ...place, keys }, `expected a rate such as '20MiB/s', or whole bytes per second, got ${show(bytes)}`);
}

/** No image that people use is larger; what claims to be is a mistake, or meant to fill a disk. */
const defaultMaxVirtualSize = 2 * 2 ** 40;

function resolveSize(size: string | number | undefined, place: ConfigPlace): number {
  if (size === undefined) return defaultMaxVirtualSize;
  if (typeof size === 'string') return reading(place, () => parseSize(size));
  if (size > 0) return size;
  throw configError(place, `expected a size such as '4TiB', or bytes, got ${show(size)}`);
}

function readRate(text: string, place: ConfigPlace): number | undefined {
  return reading(place, () => parseRate(text));
}

function reading<T>(place: ConfigPlace, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw isImageError(error) ? configError(place, error.message, error) : error;
  }
}

function resolveSsh(configFile: string | undefined, file: string | undefined): ResolvedConfig['ssh'] {
  if (configFile === undefined) return {};
  const fromHome = configFile.startsWith('~/') ? resolve(homedir(), configFile.slice(2)) : configFile;
  return { configFile: resolve(file === undefined ? '' : dirname(file), fromHome) };
}
