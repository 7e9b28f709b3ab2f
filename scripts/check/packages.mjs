import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../root.mjs';
import { run } from './run.mjs';
import { failed, passed } from './tally.mjs';

/**
 * @typedef {object} PublicPackage
 * @property {string} name
 * @property {string} folder relative to the root
 * @property {boolean} typed whether it can be imported
 */

/** @returns {Promise<PublicPackage[]>} */
export async function publicPackages() {
  const folders = (
    await Promise.all(['packages', 'apps'].map(async (top) => (await readdir(join(root, top))).map((name) => `${top}/${name}`)))
  ).flat();
  const found = await Promise.all(
    folders.map(async (folder) => {
      const text = await readFile(join(root, folder, 'package.json'), 'utf8').catch(() => '{"private":true}');
      const { name, private: hidden, exports } = JSON.parse(text);
      return hidden ? undefined : { name, folder, typed: Boolean(exports?.['.']) };
    }),
  );
  return found.filter((one) => one !== undefined);
}

/**
 * @param {readonly PublicPackage[]} packages
 * @param {string} folder where the tarballs go
 */
export async function pack(packages, folder) {
  await mkdir(folder, { recursive: true });
  const ran = await run('npm', ['pack', '--pack-destination', folder, ...packages.flatMap(({ name }) => ['-w', name])]);
  return ran.ok ? passed : failed(ran.output);
}

/**
 * What publint and arethetypeswrong say of one tarball.
 *
 * @param {PublicPackage} one
 * @param {string} tarball
 */
export async function lintPackage(one, tarball) {
  const publint = await run('node_modules/.bin/publint', ['run', tarball, '--strict']);
  if (!publint.ok) return failed(publint.output);
  if (!one.typed) return passed;
  const attw = await run('node_modules/.bin/attw', [tarball, '--profile', 'esm-only', '--no-color']);
  return attw.ok ? passed : failed(attw.output);
}

/**
 * The name npm gives a package's tarball.
 *
 * @param {PublicPackage} one
 * @param {string} folder
 */
export async function tarballOf(one, folder) {
  const start = `${one.name.replace('@', '').replace('/', '-')}-`;
  const found = (await readdir(folder)).find((file) => file.startsWith(start) && /^\d/.test(file.slice(start.length)));
  if (!found) throw new Error(`no tarball of ${one.name} in ${folder}`);
  return join(folder, found);
}
