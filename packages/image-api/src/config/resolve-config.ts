import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { ImageError } from '@image-api/driver';
import type { Limits } from '@image-api/driver';
import { safeParse } from 'valibot';
import type { BaseIssue } from 'valibot';
import { parseRate } from '../rate/parse-rate.ts';
import type { Config, ConfigLimits, ResolvedConfig, Rule } from './config.ts';
import { configSchema } from './config-schema.ts';

/** Set on every resolved config, and kept by a spread, so that it is not resolved twice. */
const resolved: unique symbol = Symbol.for('image-api.resolvedConfig');

/**
 * A config checked, with its defaults filled in and its texts understood.
 *
 * @param where the file it was read from: named in messages, and where relative paths start
 * @throws ImageError BAD_CONFIG naming the path of the bad key
 */
export function resolveConfig(config: unknown, where: { readonly file?: string } = {}): ResolvedConfig {
  if (isResolved(config)) return config;
  const parsed = safeParse(configSchema, config);
  if (!parsed.success) throw badConfig(where, issueText(parsed.issues[0]));
  return Object.assign(fill(parsed.output as Config, where), { [resolved]: true });
}

function isResolved(config: unknown): config is ResolvedConfig {
  return typeof config === 'object' && config !== null && Object.hasOwn(config, resolved);
}

function fill(config: Config, where: { readonly file?: string }): ResolvedConfig {
  return {
    drivers: config.drivers,
    limits: limitsOf(config.limits, 'limits', where) ?? {},
    rules: (config.rules ?? []).map((rule, index) => ruleOf(rule, index, where)),
    facts: config.facts ?? {},
    concurrency: config.concurrency ?? 4,
    verify: config.verify ?? 'size',
    ssh: config.ssh?.configFile === undefined ? {} : { configFile: pathFrom(config.ssh.configFile, where.file) },
    retry: { attempts: config.retry?.attempts ?? 5, delayMs: config.retry?.delayMs ?? 1000 },
    ...(where.file !== undefined && { file: where.file }),
  };
}

function ruleOf({ limits, ...rule }: Rule, index: number, where: { readonly file?: string }): ResolvedConfig['rules'][number] {
  const understood = limitsOf(limits, `rules[${index}].limits`, where);
  return { ...rule, ...(understood && { limits: understood }) };
}

/** 0, `'none'` and nothing at all mean no limit. */
function limitsOf(limits: ConfigLimits | undefined, path: string, where: { readonly file?: string }): Limits | undefined {
  if (limits === undefined) return undefined;
  const bandwidth = typeof limits.bandwidth === 'string' ? rateOf(limits.bandwidth, path, where) : limits.bandwidth;
  return bandwidth === undefined || bandwidth === 0 ? {} : { bandwidth };
}

function rateOf(text: string, path: string, where: { readonly file?: string }): number | undefined {
  try {
    return parseRate(text);
  } catch (error) {
    throw badConfig(where, `${path}.bandwidth: ${(error as Error).message}`, error);
  }
}

function pathFrom(path: string, file: string | undefined): string {
  if (path.startsWith('~/')) return join(homedir(), path.slice(2));
  return file === undefined ? resolve(path) : resolve(dirname(file), path);
}

function issueText(issue: BaseIssue<unknown>): string {
  const path = (issue.path ?? [])
    .map(({ key }) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '');
  return path === '' ? issue.message : `${path}: ${issue.message}`;
}

/** The error of a config that cannot be used. */
export function badConfig(where: { readonly file?: string }, message: string, cause?: unknown): ImageError {
  return new ImageError(`${where.file ?? 'config'}: ${message}`, { code: 'BAD_CONFIG', origin: 'caller', cause });
}
