/**
 * Everything that must hold before a change goes in: `npm run check`. The last line counts every test of every suite, and each
 * other step as one. `--all` lets the tests take their full time.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { checkChangesets } from './check/changesets.mjs';
import { tryAsConsumer } from './check/consumer.mjs';
import { checkFaultCells } from './check/fault-cells.mjs';
import { installTools } from './check/install-tools.mjs';
import { newerMajors, unitTestsOnNode } from './check/newer-node.mjs';
import { lintPackage, pack, publicPackages, tarballOf } from './check/packages.mjs';
import { run } from './check/run.mjs';
import { failed, passed, Tally } from './check/tally.mjs';
import { vitestStep } from './check/vitest-step.mjs';
import { workFolder } from './check/work-folder.mjs';
import { installDependencies } from './install-dependencies.mjs';

const { values } = readArgs();
if (values.all) process.env['CHECK_ALL'] = '1';
process.env['TURBO_TELEMETRY_DISABLED'] = '1';

const tally = new Tally();
await tally.step('tools the tests need', installTools);
const ready =
  (await tally.step('dependencies', dependencies)) &&
  (await tally.step('build', tool('turbo', 'run', 'build', '--output-logs=errors-only', '--ui=stream')));
if (ready) await everythingElse();
process.exitCode = tally.end() ? 0 : 1;

function readArgs() {
  try {
    return parseArgs({ options: { all: { type: 'boolean', default: false } } });
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\nusage: npm run check [-- --all]`);
    return process.exit(2);
  }
}

async function everythingElse() {
  await Promise.all([sources(), publishedPackages()]);
  await tally.step(`unit tests, Node ${process.versions.node}`, () => vitestStep('unit', { timeoutMs: 600_000 }));
  for (const major of newerMajors) await tally.step(`unit tests, Node ${major}`, () => unitTestsOnNode(major, values));
  process.env['FAULT_RESULTS'] = join(workFolder, 'faults');
  await tally.step('end to end tests', () => vitestStep('e2e*', { timeoutMs: values.all ? 7_200_000 : 1_500_000 }));
  await tally.step('every cell of the fault matrix was tried', () => checkFaultCells(join(workFolder, 'faults'), values));
}

async function sources() {
  await tally.step('format', tool('oxfmt', '--check', '.'));
  await tally.step('types', tool('tsc', '-p', 'tsconfig.json'));
  await tally.step('lint', tool('oxlint', '--type-aware', '--deny-warnings'));
  await tally.step('unused code and dependencies', tool('knip'));
  await tally.step('generated docs are up to date', script('scripts/generate-docs.mjs', '--check'));
  await tally.step('changesets', checkChangesets);
}

async function publishedPackages() {
  const packages = await publicPackages();
  const packed = join(workFolder, 'packed');
  if (!(await tally.step('pack', () => pack(packages, packed)))) return;
  const tarballs = new Map(await Promise.all(packages.map(async (one) => /** @type {const} */ ([one.name, await tarballOf(one, packed)]))));
  for (const one of packages) await tally.step(`package ${one.name}`, () => lintPackage(one, tarballs.get(one.name) ?? ''));
  await tally.step('a project that installs the packages', () => tryAsConsumer(tarballs, join(workFolder, 'consumer')));
}

async function dependencies() {
  return { ...passed, remarks: [await installDependencies()] };
}

/**
 * @param {string} name a program of a dependency
 * @param {...string} args
 */
function tool(name, ...args) {
  return () => step(`node_modules/.bin/${name}`, args);
}

/** @param {...string} args */
function script(...args) {
  return () => step(process.execPath, args);
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 */
async function step(command, args) {
  const ran = await run(command, args);
  return ran.ok ? passed : failed(ran.output);
}
