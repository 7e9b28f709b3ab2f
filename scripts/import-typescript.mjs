import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from './root.mjs';

/**
 * Load a TypeScript module that is data: it imports nothing but types, and other such modules beside it.
 *
 * @param {string} file from the repository's top folder
 * @returns {Promise<Record<string, unknown>>}
 */
export async function importTypeScript(file) {
  return import(await asUrl(join(root, file)));
}

/**
 * @param {string} path
 * @returns {Promise<string>}
 */
async function asUrl(path) {
  // Not at the top: the check loads this module before it has installed anything.
  const { default: ts } = await import('typescript');
  const { outputText } = ts.transpileModule(await readFile(path, 'utf8'), {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  });
  let text = outputText;
  for (const [, name = ''] of outputText.matchAll(/ from '(\.\/[^']+)'/g))
    text = text.replace(`'${name}'`, `'${await asUrl(join(path, '..', name))}'`);
  return `data:text/javascript;base64,${Buffer.from(text).toString('base64')}`;
}
