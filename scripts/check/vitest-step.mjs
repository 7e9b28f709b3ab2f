import { readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { root } from '../root.mjs';
import { run } from './run.mjs';
import { workFolder } from './work-folder.mjs';

/**
 * @typedef {object} Report the part of vitest's JSON report that is read here
 * @property {readonly { name: string; status: string; message?: string; assertionResults: readonly { status: string; fullName: string; failureMessages?: readonly string[] }[] }[]} testResults
 */

/**
 * @typedef {object} FailedTest
 * @property {string} file
 * @property {string} fullName
 * @property {string} said why, but for where
 */

let reports = 0;

/** More failures than this are no bad luck. */
const mostTriedAgain = 8;

/** Characters of why a test failed. */
const mostSaid = 1000;

/**
 * Run one vitest project, under this Node or another, and count its tests. A few that failed amid all the others are tried once more, by
 * themselves, one file at a time: those that look at clocks fail where a shared machine did not let them run. What passes only then is told.
 *
 * @param {string} project
 * @param {{ node?: string; timeoutMs: number; args?: readonly string[] }} options
 * @returns {Promise<import('./tally.mjs').Outcome>}
 */
export async function vitestStep(project, options) {
  const first = await runVitest(project, options);
  const failed = failedAmidOthers(first.report, first.ran);
  const outcome = countTests(first.report, first.ran);
  if (failed.length === 0) return outcome;
  const files = [...new Set(failed.map(({ file }) => file))];
  const pattern = `^(${failed.map(({ fullName }) => escapeRegExp(fullName)).join('|')})$`;
  // Of so few files no share can be taken.
  const args = (options.args ?? []).filter((word) => !word.startsWith('--shard='));
  const second = await runVitest(project, { ...options, args: [...args, '--no-file-parallelism', ...files, '--testNamePattern', pattern] });
  const after = afterSecondTry(outcome, failed, second.report);
  return after.failed > 0 ? { ...after, output: `${outcome.output}\n\nAgain, by themselves:\n${second.ran.output}` } : after;
}

/**
 * @param {string} project
 * @param {{ node?: string; timeoutMs: number; args?: readonly string[] }} options
 * @returns {Promise<{ report: Report | undefined; ran: import('./run.mjs').Ran }>}
 */
async function runVitest(project, { node = process.execPath, timeoutMs, args = [] }) {
  const file = join(workFolder, `tests-${reports++}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const ran = await run(node, ['node_modules/vitest/vitest.mjs', 'run', '--project', project, ...reporters, ...args], {
    // Tests that start `node` get the one under test.
    env: { PATH: `${dirname(node)}:${process.env['PATH']}` },
    timeoutMs,
  });
  const report = await readFile(file, 'utf8').then(JSON.parse, () => undefined);
  return { report, ran };
}

/**
 * The tests that are worth another try; none where something else went wrong, too.
 *
 * @param {Report | undefined} report
 * @param {{ output: string }} ran
 * @returns {readonly FailedTest[]}
 */
export function failedAmidOthers(report, { output }) {
  const files = report?.testResults ?? [];
  const failed = files.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => status === 'failed')
      .map(({ fullName, failureMessages = [] }) => ({ file: name, fullName, said: whySaid(failureMessages) })),
  );
  return files.some(isUnloaded) || failed.length > mostTriedAgain || /Unhandled (Errors?|Rejection)|was ended$/m.test(output) ? [] : failed;
}

/**
 * @param {import('./tally.mjs').Outcome} outcome of the first try
 * @param {readonly FailedTest[]} failed in it
 * @param {Report | undefined} report of the second
 * @returns {import('./tally.mjs').Outcome}
 */
export function afterSecondTry(outcome, failed, report) {
  const passes = failed.filter(({ file, fullName }) =>
    report?.testResults.some(
      ({ name, assertionResults }) =>
        name === file && assertionResults.some((test) => test.fullName === fullName && test.status === 'passed'),
    ),
  );
  const remarks = passes.map(({ file, fullName, said }) => `passed only by itself: ${relative(root, file)}: ${fullName}; before: ${said}`);
  return {
    ...outcome,
    passed: outcome.passed + passes.length,
    failed: outcome.failed - passes.length,
    remarks: [...(outcome.remarks ?? []), ...remarks],
  };
}

/** @param {readonly string[]} messages each with a stack */
function whySaid(messages) {
  const lines = messages.flatMap((message) => message.split('\n')).filter((line) => line.trim() !== '' && !/^\s+at /.test(line));
  return lines.join('\n      ').slice(0, mostSaid);
}

/** @param {Report['testResults'][number]} file */
function isUnloaded({ status, assertionResults }) {
  return status === 'failed' && !assertionResults.some((test) => test.status === 'failed');
}

/** @param {string} text */
function escapeRegExp(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
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
  const unloaded = files.filter(isUnloaded);
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
