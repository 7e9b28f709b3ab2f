import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../root.mjs';
import { run } from './run.mjs';
import { failed, passed } from './tally.mjs';

/**
 * What changed since the main branch has a changeset, and every changeset that waits can be read and names packages that are
 * there.
 */
export async function checkChangesets() {
  const waiting = (await readdir(join(root, '.changeset'))).filter((file) => file.endsWith('.md') && file !== 'README.md');
  const refs = [await mainBranch(), waiting.length > 0 ? await oldestCommit() : undefined];
  for (const ref of refs) {
    const ran = ref && (await run('node_modules/.bin/changeset', ['status', `--since=${ref}`]));
    if (ran && !ran.ok) return failed(ran.output);
  }
  return passed;
}

/** @returns {Promise<string | undefined>} undefined in a clone that does not know it */
async function mainBranch() {
  for (const ref of ['main', 'origin/main']) if ((await run('git', ['rev-parse', '--verify', '--quiet', ref])).ok) return ref;
  return undefined;
}

async function oldestCommit() {
  const { stdout } = await run('git', ['rev-list', '--max-parents=0', 'HEAD']);
  return stdout.trim().split('\n').at(-1);
}
