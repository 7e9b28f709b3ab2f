import { run } from './run.mjs';
import { failed, skipped } from './tally.mjs';
import { vitestStep } from './vitest-step.mjs';

/**
 * The unit tests under another major version of Node, fetched for the occasion through the npm package `node`.
 *
 * @param {number} major
 * @returns {Promise<import('./tally.mjs').Outcome>}
 */
export async function unitTestsOnNode(major) {
  const asked = ['exec', '--yes', `--package=node@${major}`, '--', 'node', '-p', 'JSON.stringify([process.version, process.execPath])'];
  const found = await run('npm', asked, { timeoutMs: 180_000 });
  const [version, node] = found.ok ? JSON.parse(found.stdout.trim().split('\n').at(-1) ?? '[]') : [];
  if (!version?.startsWith(`v${major}.`)) {
    const text = `Node ${major} could not be fetched: ${found.output.trim()}`;
    return process.env['CI'] ? failed(text) : skipped(text);
  }
  // What the types say does not depend on the Node that runs the compiler.
  const outcome = await vitestStep('unit', { node, timeoutMs: 300_000, args: ['--typecheck.enabled=false'] });
  return { ...outcome, remarks: [`on Node ${version}`, ...(outcome.remarks ?? [])] };
}
