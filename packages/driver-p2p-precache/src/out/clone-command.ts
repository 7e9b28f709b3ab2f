import type { Entry } from '../cache/entry.ts';

/** What is run where blocks may be shared. */
export function cloneCommand({ path }: Pick<Entry, 'path'>, to: string): { readonly tool: string; readonly args: readonly string[] } {
  return { tool: 'cp', args: ['--reflink=always', '--no-target-directory', '--', path, to] };
}
