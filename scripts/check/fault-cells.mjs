import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { faultTables } from '../fault-tables.mjs';
import { failed, passed, skipped } from './tally.mjs';

/**
 * Every cell of the fault matrix was tried, and kept its promise: the end to end tests leave a record of each that did.
 *
 * @param {string} folder of the records
 * @param {{ all: boolean }} options
 */
export async function checkFaultCells(folder, { all }) {
  const names = await readdir(folder).catch(() => []);
  const records = await Promise.all(names.map(async (name) => JSON.parse(await readFile(join(folder, name), 'utf8'))));
  return judgeCells(await faultTables(), records, { all, mustRun: process.env['CI'] !== undefined });
}

/**
 * @param {readonly { rows: readonly import('../fault-tables.mjs').FaultRow[] }[]} tables
 * @param {readonly { fault: string; way: string; promised: unknown }[]} records
 * @param {{ all: boolean; mustRun: boolean }} options
 * @returns {import('./tally.mjs').Outcome}
 */
export function judgeCells(tables, records, { all, mustRun }) {
  const wanted = tables
    .flatMap(({ rows }) => rows)
    .flatMap(({ fault, ways }) => Object.entries(ways).map(([way, promised]) => ({ fault, way, promised })))
    .filter(({ promised }) => all || !promised.onlyAll);
  const untried = wanted.filter((cell) => !records.some((record) => isRecordOf(record, cell))).map(({ fault, way }) => `${fault}: ${way}`);
  if (untried.length === 0) return { ...passed, remarks: [`${wanted.length} cells, tried ${records.length} times`] };
  const text = `${untried.length} of ${wanted.length} cells of the fault matrix were not tried, or did not keep their promise`;
  return mustRun ? failed([text, ...untried].join('\n')) : skipped(`${text}: ${untried[0]}${untried.length > 1 ? ', …' : ''}`);
}

/**
 * @param {{ fault: string; way: string; promised: unknown }} record
 * @param {{ fault: string; way: string; promised: unknown }} cell
 */
function isRecordOf(record, { fault, way, promised }) {
  return record.fault === fault && record.way === way && JSON.stringify(record.promised) === JSON.stringify(promised);
}
