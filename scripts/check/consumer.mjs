import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../root.mjs';
import { run } from './run.mjs';
import { failed, passed } from './tally.mjs';

/** How long the consumer's process may take, copy and all. It has to end by itself. */
const endsWithinMs = 30_000;

/**
 * A project outside the repository, which knows the packages from their tarballs only: it installs them, type-checks against
 * them, copies an image with a config of its own, and its process ends by itself.
 *
 * @param {ReadonlyMap<string, string>} tarballs by package name
 * @param {string} folder
 */
export async function tryAsConsumer(tarballs, folder) {
  await cp(join(root, 'test/consumer'), folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify(await manifest(tarballs), null, 2));
  const environment = { cwd: folder, env: { INIT_CWD: undefined, NODE_PATH: undefined } };
  for (const [command, ...args] of [
    ['npm', 'install', '--no-audit', '--no-fund', '--prefer-offline', '--no-package-lock'],
    ['node_modules/.bin/tsc', '-p', 'consumer.tsconfig.json'],
    [process.execPath, 'copy.mjs'],
    ['node_modules/.bin/imagectl', '--version'],
  ]) {
    const ran = await run(command ?? '', args, { ...environment, timeoutMs: command === 'npm' ? 180_000 : endsWithinMs });
    if (!ran.ok) return failed(`${[command, ...args].join(' ')}\n${ran.output}`);
  }
  return passed;
}

/** @param {ReadonlyMap<string, string>} tarballs */
async function manifest(tarballs) {
  const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')).packages;
  return {
    private: true,
    type: 'module',
    dependencies: Object.fromEntries([...tarballs].map(([name, tarball]) => [name, `file:${tarball}`])),
    devDependencies: Object.fromEntries(['typescript', '@types/node'].map((name) => [name, lock[`node_modules/${name}`].version])),
  };
}
