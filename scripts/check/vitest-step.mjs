import { readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { root } from '../root.mjs';
import { run } from './run.mjs';
import { workFolder } from './work-folder.mjs';

/**
 * @typedef {object} Report the part of vitest's JSON report that is read here
 * @property {readonly { name: string; status: string; message?: string; assertionResults: readonly { status: string; fullName: string }[] }[]} testResults
 */

let reports = 0;

/**
 * Run one vitest project, under this Node or another, and count its tests.
 *
 * @param {string} project
 * @param {{ node?: string; timeoutMs: number; args?: readonly string[] }} options
 * @returns {Promise<import('./tally.mjs').Outcome>}
 */
export async function vitestStep(project, { node = process.execPath, timeoutMs, args = [] }) {
  const file = join(workFolder, `tests-${reports++}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const ran = await run(node, ['node_modules/vitest/vitest.mjs', 'run', '--project', project, ...reporters, ...args], {
    // Tests that start `node` get the one under test.
    env: { PATH: `${dirname(node)}:${process.env['PATH']}` },
    timeoutMs,
  });
  const report = await readFile(file, 'utf8').then(JSON.parse, () => undefined);
  return countTests(report, ran);
}

/**
 * A run that failed without a failed test (a file that does not load, an unhandled rejection, no report) is one failure.
 *
 * @param {Report | undefined} report
 * @param {{ ok: boolean; output: string }} ran
 * @returns {import('./tally.mjs').Outcome}
 */
export function countTests(report, ran) {
  const files = report?.testResults ?? [];
  const tests = files.flatMap((file) => file.assertionResults.map((test) => ({ ...test, file: file.name })));
  const unloaded = files.filter((file) => file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed'));
  const passed = tests.filter(({ status }) => status === 'passed').length;
  const failed = tests.filter(({ status }) => status === 'failed').length + unloaded.length;
  const skipped = tests.filter(({ status }) => status !== 'passed' && status !== 'failed');
  return {
    passed,
    failed: failed === 0 && (!ran.ok || tests.length === 0) ? 1 : failed,
    skipped: skipped.length,
    output: ran.output,
    remarks: remarksOf(skipped),
  };
}

/**
 * One line for each file.
 *
 * @param {readonly { file: string; fullName: string }[]} skipped
 */
function remarksOf(skipped) {
  const files = [...new Set(skipped.map(({ file }) => file))];
  return files.map((file) => {
    const [first, ...others] = skipped.filter((test) => test.file === file);
    return `skipped: ${relative(root, file)}: ${first?.fullName}${others.length > 0 ? `, and ${others.length} more` : ''}`;
  });
}
