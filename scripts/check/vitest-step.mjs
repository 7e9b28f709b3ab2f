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
 * @property {string} [fullName] absent: the file failed before any of its tests did
 * @property {{ passed: number; skipped: number }} [counted] of that one, how its tests were counted
 * @property {string} said why, but for where
 */

let reports = 0;

/** More failures than this are no bad luck. One stop of the whole machine can bring down all that run at once, eight in each of three files. */
const mostTriedAgain = 24;

/** Characters of why a test failed. */
const mostSaid = 1000;
const mostInShort = 160;

/**
 * Run one vitest project, under this Node or another, and count its tests. A few that failed amid all the others are tried once more, by
 * themselves, one file at a time: those that look at clocks fail where a shared machine did not let them run. What passes only then is told.
 *
 * @param {string} project
 * @param {{ node?: string; timeoutMs: number; args?: readonly string[] }} options
 * @returns {Promise<import('./tally.mjs').Outcome>}
 */
export async function vitestStep(project, options) {
  const { report, ran } = await runVitest(project, options);
  let outcome = countTests(report, ran);
  const outputs = [inShort(report, ran.output)];
  const failed = failedAmidOthers(report, ran);
  const whole = failed.filter(({ fullName }) => fullName === undefined);
  const single = failed.filter((test) => !whole.includes(test));
  for (const tests of [whole, single].filter(({ length }) => length > 0)) {
    // Of so few files no share can be taken.
    const args = (options.args ?? []).filter((word) => !word.startsWith('--shard='));
    const second = await runVitest(project, { ...options, args: [...args, ...onlyThese(tests)] });
    outcome = afterSecondTry(outcome, tests, second.report);
    outputs.push(`Again, by themselves:\n${inShort(second.report, second.ran.output)}`);
  }
  return { ...outcome, output: outputs.join('\n\n') };
}

/** @param {readonly FailedTest[]} tests all of their files, or each by its name */
function onlyThese(tests) {
  const names = tests.flatMap(({ fullName }) => (fullName === undefined ? [] : [escapeRegExp(fullName)]));
  const files = [...new Set(tests.map(({ file }) => file))];
  return ['--no-file-parallelism', ...files, ...(names.length > 0 ? ['--testNamePattern', `^(${names.join('|')})$`] : [])];
}

/**
 * What failed, a line each, ahead of the words about each: those of many are too many to find all.
 *
 * @param {Report | undefined} report
 * @param {string} output
 */
export function inShort(report, output) {
  const lines = allFailed(report).map(({ file, fullName = 'did not load', said }) => {
    const [first = ''] = said.split('\n');
    return `failed: ${relative(root, file)}: ${fullName}: ${first.slice(0, mostInShort)}`;
  });
  const details = output.search(/^.*Failed (Tests|Suites) \d/m);
  return [...lines, details > 0 && lines.length > 0 ? output.slice(details) : output].join('\n');
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
  const failed = allFailed(report);
  return failed.length > mostTriedAgain || /Unhandled (Errors?|Rejection)|was ended$/m.test(output) ? [] : failed;
}

/** @param {Report | undefined} report */
function allFailed(report) {
  return (report?.testResults ?? []).flatMap(failedIn);
}

/**
 * @param {Report['testResults'][number]} file
 * @returns {FailedTest[]}
 */
function failedIn(file) {
  if (isUnloaded(file)) return [{ file: file.name, counted: countsOf(file.assertionResults), said: whySaid([file.message ?? '']) }];
  return file.assertionResults
    .filter(({ status }) => status === 'failed')
    .map(({ fullName, failureMessages = [] }) => ({ file: file.name, fullName, said: whySaid(failureMessages) }));
}

/**
 * @param {import('./tally.mjs').Outcome} outcome of the first try
 * @param {readonly FailedTest[]} failed in it
 * @param {Report | undefined} report of the second
 * @returns {import('./tally.mjs').Outcome}
 */
export function afterSecondTry(outcome, failed, report) {
  const passes = failed.flatMap((test) => {
    const gained = gainedBy(test, report);
    return gained ? [{ ...test, ...gained }] : [];
  });
  const remarks = passes.map(
    ({ file, fullName = 'all of it', said }) => `passed only by itself: ${relative(root, file)}: ${fullName}; before: ${said}`,
  );
  const sum = (/** @type {'passed' | 'skipped'} */ key) => passes.reduce((all, pass) => all + pass[key], outcome[key]);
  return {
    ...outcome,
    passed: sum('passed'),
    failed: outcome.failed - passes.length,
    skipped: sum('skipped'),
    remarks: [...(outcome.remarks ?? []), ...remarks],
  };
}

/**
 * How many more count as passed and as skipped after a second try; `undefined` where that failed.
 *
 * @param {FailedTest} test
 * @param {Report | undefined} report
 */
function gainedBy({ file, fullName, counted }, report) {
  const again = report?.testResults.find(({ name }) => name === file);
  if (!counted) {
    const isPassed = again?.assertionResults.some((test) => test.fullName === fullName && test.status === 'passed');
    return isPassed ? { passed: 1, skipped: 0 } : undefined;
  }
  if (again?.status !== 'passed') return undefined;
  const now = countsOf(again.assertionResults);
  return { passed: now.passed - counted.passed, skipped: now.skipped - counted.skipped };
}

/** @param {readonly { status: string }[]} tests what is neither passed nor failed counts as skipped */
function countsOf(tests) {
  const count = (/** @type {string} */ wanted) => tests.filter(({ status }) => status === wanted).length;
  const [passed, failed] = [count('passed'), count('failed')];
  return { passed, failed, skipped: tests.length - passed - failed };
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
  const counted = countsOf(tests);
  const failed = counted.failed + unloaded.length;
  return {
    ...counted,
    failed: failed === 0 && (!ran.ok || tests.length === 0) ? 1 : failed,
    remarks: remarksOf(tests.filter(({ status }) => status !== 'passed' && status !== 'failed')),
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
