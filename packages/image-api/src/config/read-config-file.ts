import { readFile, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { configError } from './config-error.ts';

/**
 * What a config file holds: JSON, or the default export of a module.
 *
 * @throws ImageError BAD_CONFIG
 */
export async function readConfigFile(file: string): Promise<unknown> {
  const found = await stat(file).catch((cause: unknown) => {
    throw configError({ file }, `cannot be read (${reasonOf(cause)})`, cause);
  });
  if (!found.isFile()) throw configError({ file }, 'is not a file');
  const read = readers[extname(file)];
  if (read) return read(file, found.mtimeMs);
  throw configError({ file }, `is of an unknown kind: its name must end in ${Object.keys(readers).join(', ')}`);
}

const readers: Readonly<Record<string, (file: string, version: number) => Promise<unknown>>> = {
  '.ts': readTypeScript,
  '.js': readModule,
  '.mjs': readModule,
  '.json': readJson,
};

async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw configError({ file }, `cannot be read (${reasonOf(cause)})`, cause);
  });
  const { parseJson } = await import('./parse-json.ts');
  return parseJson(text, file);
}

/** The version in the address makes a mended file be read anew: a module that failed stays failed under its old one. */
async function readModule(file: string, version: number): Promise<unknown> {
  const { href } = pathToFileURL(file);
  return defaultOf(file, () => import(`${href}?version=${version}`) as Promise<unknown>);
}

async function readTypeScript(file: string): Promise<unknown> {
  const { createJiti } = await import('jiti');
  const jiti = createJiti(import.meta.url, { fsCache: false, moduleCache: false, interopDefault: false });
  return defaultOf(file, () => jiti.import(file));
}

async function defaultOf(file: string, load: () => Promise<unknown>): Promise<unknown> {
  const module = (await load().catch((cause: unknown) => {
    throw configError({ file }, reasonOf(cause), cause);
  })) as { readonly default?: unknown };
  if (module.default === undefined) throw configError({ file }, 'has no default export: write export default defineConfig({ … })');
  return module.default;
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
