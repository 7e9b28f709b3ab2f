import { run } from './run.mjs';
import { failed, skipped } from './tally.mjs';
import { vitestStep } from './vitest-step.mjs';

/**
 * Without the types, which do not depend on the Node that runs the compiler, and without the drivers' tools. So nothing looks at the
 * children of its whole process, and threads will do, which start with a third less work.
 */
const withoutTools = [
  '--typecheck.enabled=false',
  '--exclude=packages/{driver-*,conformance}/test/**',
  '--exclude=test/**',
  '--pool=threads',
];

export const newerMajors = [22, 24];

/**
 * The unit tests under another major version of Node, fetched for the occasion through the npm package `node`. The newer ones share
 * them; each runs them all where there is time.
 *
 * @param {number} major
 * @param {{ all: boolean }} options all: those that say more of the tools than of Node, and those of the others, too
 * @returns {Promise<import('./tally.mjs').Outcome>}
 */
export async function unitTestsOnNode(major, { all }) {
  const asked = ['exec', '--yes', `--package=node@${major}`, '--', 'node', '-p', 'JSON.stringify([process.version, process.execPath])'];
  const found = await run('npm', asked, { timeoutMs: 180_000 });
  const [version, node] = found.ok ? JSON.parse(found.stdout.trim().split('\n').at(-1) ?? '[]') : [];
  if (!version?.startsWith(`v${major}.`)) {
    const text = `Node ${major} could not be fetched: ${found.output.trim()}`;
    return process.env['CI'] ? failed(text) : skipped(text);
  }
  const outcome = await vitestStep('unit', {
    node,
    timeoutMs: all ? 600_000 : 400_000,
    args: all ? [] : [...withoutTools, shareOf(major)],
  });
  return { ...outcome, remarks: [`on Node ${version}`, ...(outcome.remarks ?? [])] };
}

/** @param {number} major */
function shareOf(major) {
  return `--shard=${newerMajors.indexOf(major) + 1}/${newerMajors.length}`;
}
