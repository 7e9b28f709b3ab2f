/**
 * After a build, in the folder of a package: what of others was bundled into `dist` goes there with its licence. A program that starts
 * with one file instead of hundreds starts much sooner, and whoever installs the package installs nothing else.
 */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

const metafile = 'dist/metafile-esm.json';
const { outputs } = JSON.parse(await readFile(metafile, 'utf8'));
const notices = await Promise.all(bundledFolders(outputs).map(noticeOf));
await writeFile('dist/third-party-notices.txt', notices.join(`\n\n${'-'.repeat(80)}\n\n`));
await rm(metafile);

/**
 * @param {Record<string, { inputs: Record<string, { bytesInOutput: number }> }>} files
 * @returns {string[]} folders of packages, sorted
 */
function bundledFolders(files) {
  const inputs = Object.values(files).flatMap((file) => Object.entries(file.inputs));
  const folders = inputs.flatMap(
    ([path, { bytesInOutput }]) => (bytesInOutput > 0 && /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]) || [],
  );
  return [...new Set(folders)].toSorted();
}

/** @param {string} folder */
async function noticeOf(folder) {
  const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
  if (typeof license !== 'string') throw new Error(`${resolve(folder)} names no licence, and so cannot be bundled`);
  const text = file ? await readFile(join(folder, file), 'utf8') : 'The package comes without the text of its licence.';
  return `${name} ${version} (${license})\n\n${text.trim()}\n`;
}
