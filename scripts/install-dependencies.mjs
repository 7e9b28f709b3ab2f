import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { root } from './root.mjs';

/**
 * Make node_modules what the lock file says: `npm ci` where it is missing or old, nothing where it is not.
 *
 * @returns {Promise<'installed' | 'up to date'>}
 */
export async function installDependencies() {
  const [lock, installed] = await Promise.all([packagesOf('package-lock.json'), packagesOf('node_modules/.package-lock.json')]);
  if (lock && installed && isUpToDate(lock, installed, (path) => existsSync(`${root}/${path}`))) return 'up to date';
  await promisify(execFile)('npm', ['ci', '--no-audit', '--no-fund'], { cwd: root, maxBuffer: 2 ** 26 });
  return 'installed';
}

/** @typedef {Record<string, { version?: string; optional?: boolean; link?: boolean }>} Packages */

/**
 * Optional packages may be missing: most of them are binaries for other machines.
 *
 * @param {Packages} lock
 * @param {Packages} installed what npm noted when it installed
 * @param {(path: string) => boolean} exists
 */
export function isUpToDate(lock, installed, exists) {
  return Object.entries(lock)
    .filter(([path]) => path.includes('node_modules/'))
    .every(([path, wanted]) => {
      const found = installed[path];
      return found ? found.version === wanted.version && exists(path) : wanted.optional === true;
    });
}

/**
 * @param {string} file
 * @returns {Promise<Packages | undefined>}
 */
async function packagesOf(file) {
  const text = await readFile(`${root}/${file}`, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : JSON.parse(text).packages;
}
