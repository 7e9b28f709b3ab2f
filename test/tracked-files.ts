import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { root } from './read-workspaces.ts';

/** Every file of the repository, relative to its root; what git ignores is left out. */
export function trackedFiles(): readonly string[] {
  if (!existsSync(`${root}.git`)) return filesBelow('');
  const listed = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26 });
  return listed.split('\0').filter((file) => file !== '' && existsSync(`${root}${file}`));
}

/** Where the sources were unpacked without their git folder. */
function filesBelow(folder: string): readonly string[] {
  return readdirSync(`${root}${folder}`, { withFileTypes: true })
    .filter(({ name }) => !['node_modules', 'dist', '.turbo', 'coverage', 'results'].includes(name))
    .flatMap((entry) => (entry.isDirectory() ? filesBelow(`${folder}${entry.name}/`) : `${folder}${entry.name}`));
}
