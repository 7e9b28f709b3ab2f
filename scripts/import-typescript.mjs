import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ts from 'typescript';
import { root } from './root.mjs';

/**
 * Load a TypeScript module that imports nothing but types: one that is data.
 *
 * @param {string} file from the repository's top folder
 * @returns {Promise<Record<string, unknown>>}
 */
export async function importTypeScript(file) {
  const { outputText } = ts.transpileModule(await readFile(join(root, file), 'utf8'), {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  });
  return import(`data:text/javascript,${encodeURIComponent(outputText)}`);
}
