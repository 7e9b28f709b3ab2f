import { run } from './run.mjs';
import { failed, passed } from './tally.mjs';

/**
 * Every changeset can be read, and names packages that are there. Against the main branch where this clone knows one, else
 * against itself.
 */
export async function checkChangesets() {
  const refs = await Promise.all(
    ['main', 'origin/main'].map(async (ref) => ((await run('git', ['rev-parse', '--verify', ref])).ok ? ref : undefined)),
  );
  const since = refs.find((ref) => ref !== undefined) ?? 'HEAD';
  const ran = await run('node_modules/.bin/changeset', ['status', `--since=${since}`]);
  return ran.ok ? passed : failed(ran.output);
}
