import { dirname, resolve } from 'node:path';
import { findUp } from 'find-up-simple';
import type { ResolvedConfig } from './config.ts';
import { readConfigFile } from './read-config-file.ts';
import { resolveConfig } from './resolve-config.ts';

/** In order of preference where one directory holds several. */
const names = ['ts', 'js', 'mjs', 'json'].map((ending) => `image-api.config.${ending}`);

/**
 * Read the config: the file named, or the nearest `image-api.config.{ts,js,mjs,json}` from a directory upwards. Where there is
 * none, everything has its default.
 *
 * @param options.file relative to `cwd`
 * @throws ImageError BAD_CONFIG with the file and what is wrong in it
 */
export async function loadConfig({ cwd, file }: { readonly cwd: string; readonly file?: string }): Promise<ResolvedConfig> {
  const found = file === undefined ? await findNearest(cwd) : resolve(cwd, file);
  return found === undefined ? resolveConfig({}) : resolveConfig(await readConfigFile(found), { file: found });
}

async function findNearest(cwd: string): Promise<string | undefined> {
  const found = await Promise.all(names.map((name) => findUp(name, { cwd })));
  const depth = (path: string): number => dirname(path).length;
  return found.reduce(
    (nearest, path) => (path !== undefined && (nearest === undefined || depth(path) > depth(nearest)) ? path : nearest),
    undefined,
  );
}
