import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { importTypeScript } from './import-typescript.mjs';
import { root } from './root.mjs';

/**
 * @typedef {object} Promised what one way of copying promises of a fault
 * @property {readonly string[]} ends
 * @property {readonly string[]} name
 * @property {readonly string[]} beside
 * @property {readonly string[]} again
 * @property {readonly string[]} [over]
 * @property {true} [onlyAll]
 */

/**
 * @typedef {object} FaultRow
 * @property {string} fault
 * @property {string} injected
 * @property {Readonly<Record<string, Promised>>} ways
 */

const tables = [
  { title: 'On one machine', file: 'apps/e2e/src/fault-matrix-local.ts', table: 'localFaults' },
  { title: 'On one machine, with a disk that fails', file: 'apps/e2e/src/fault-matrix-disk.ts', table: 'diskFaults' },
  { title: 'Over ssh', file: 'apps/e2e/src/fault-matrix-far.ts', table: 'farFaults' },
  { title: 'Over ssh, with something wrong at one end', file: 'apps/e2e/src/fault-matrix-far-ends.ts', table: 'farEndFaults' },
];

/**
 * What the tests promise of every fault, in the order of the pages.
 *
 * @returns {Promise<{ title: string; rows: FaultRow[] }[]>}
 */
export async function faultTables() {
  const there = tables.filter(({ file }) => existsSync(join(root, file)));
  return Promise.all(
    there.map(async ({ title, file, table }) => ({
      title,
      rows: Object.values(/** @type {Record<string, FaultRow>} */ ((await importTypeScript(file))[table])),
    })),
  );
}
