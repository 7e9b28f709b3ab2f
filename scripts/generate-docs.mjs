/**
 * Writes the pages of apps/docs that are made from code; with `--check` it only compares, and fails where a page is old.
 * Needs a build.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { errorCodes } from '@image-api/driver';
import { errorTests } from './error-tests.mjs';
import { faultTables } from './fault-tables.mjs';
import { tableOf } from './markdown-table.mjs';
import { reliabilityPage } from './reliability-page.mjs';
import { root } from './root.mjs';

const pages = { 'apps/docs/errors.md': errorsPage(), 'apps/docs/reliability.md': reliabilityPage(await faultTables()) };

for (const [file, text] of Object.entries(pages)) {
  const path = join(root, file);
  if (!process.argv.includes('--check')) await writeFile(path, text);
  else if ((await readFile(path, 'utf8').catch(() => '')) !== text) {
    console.error(`${file} is not what the code says: run \`npm run docs\``);
    process.exitCode = 1;
  }
}

function errorsPage() {
  const codes = /** @type {(keyof typeof errorCodes)[]} */ (Object.keys(errorCodes));
  const rows = codes.map((code) => {
    const { exitStatus, meaning, wayOut } = errorCodes[code];
    const test = errorTests[code];
    return [`\`${code}\``, `${exitStatus}`, meaning, wayOut, `[${basename(test, '.test.ts')}](${relative('apps/docs', test)})`];
  });
  return `# Errors

Every failure is an \`ImageError\` with one of these codes; \`imagectl\` ends with the exit status beside it (0 when all went well).
This page is made from the table in \`@image-api/driver\` by \`npm run docs\`. The last column is the test that provokes it for real.

${tableOf([['code', 'exit status', 'what it means', 'the way out', 'provoked by'], ...rows])}
`;
}
