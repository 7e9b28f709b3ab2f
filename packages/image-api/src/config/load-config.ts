import { readFile } from 'node:fs/promises';
import { dirname, extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { findUp } from 'find-up-simple';
import type { ResolvedConfig } from './config.ts';
import { badConfig, resolveConfig } from './resolve-config.ts';

const names = ['image-api.config.ts', 'image-api.config.js', 'image-api.config.mjs', 'image-api.config.json'] as const;

/**
 * The nearest config file, from `cwd` upwards, or the one that is named. Without one, the defaults.
 *
 * @throws ImageError BAD_CONFIG when the named file is missing, or the file cannot be read or understood
 */
export async function loadConfig(options: { readonly cwd: string; readonly file?: string }): Promise<ResolvedConfig> {
  const file = options.file === undefined ? await nearest(resolve(options.cwd)) : resolve(options.cwd, options.file);
  return file === undefined ? resolveConfig({}) : resolveConfig(await read(file), { file });
}

/** The nearest directory counts first, the order of names second. */
async function nearest(directory: string): Promise<string | undefined> {
  const found = await Promise.all(names.map((name) => findUp(name, { cwd: directory })));
  const depth = (file: string): number => dirname(file).split('/').length;
  return found.filter((file) => file !== undefined).toSorted((one, other) => depth(other) - depth(one))[0];
}

async function read(file: string): Promise<unknown> {
  try {
    return extname(file) === '.json' ? JSON.parse(await readFile(file, 'utf8')) : exported(await load(file));
  } catch (error) {
    throw badConfig({ file }, `cannot be loaded: ${error instanceof Error ? error.message : String(error)}`, error);
  }
}

async function load(file: string): Promise<unknown> {
  if (extname(file) !== '.ts') return import(pathToFileURL(file).href);
  // Loaded only where it is needed: it is by far the largest thing a config can ask for.
  const { createJiti } = await import('jiti');
  return createJiti(import.meta.url).import(file);
}

function exported(module: unknown): unknown {
  const { default: config } = module as { default?: unknown };
  if (config === undefined) throw new Error('it has no default export: write `export default defineConfig({ … })`');
  return config;
}
