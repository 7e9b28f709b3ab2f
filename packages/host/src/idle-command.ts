import type { Host } from '@image-api/driver';
import { findTool } from './find-tool.ts';
import type { Command } from './worker-command.ts';

/** The lowest priority for the processor. */
const niceness = 19;

/**
 * A thread of the scheduler's idle policy runs when no other wants to, and stops at once when another does; with the lowest priority alone
 * it may finish its turn, for which others wait some milliseconds. Where this is not allowed, that lowest priority is left.
 */
const idlePolicy = ['sh', '-c', 'chrt -i -p 0 $$ >/dev/null 2>&1; exec "$@"', 'sh'] as const;

/** The words before a command that make it give way to everything else, by the name of the tool each begins with. */
export const idlePrefixes: readonly (readonly string[])[] = [idlePolicy, ['ionice', '-c', '3'], ['nice', '-n', String(niceness)]];

/** The words that make what follows them give way to everything else on that machine, as far as the tools for it are there. */
export async function idleWords(host: Pick<Host, 'tool'>): Promise<readonly string[]> {
  const tools = await Promise.all(idlePrefixes.map(([tool = '']) => host.tool(tool)));
  return idlePrefixes.filter((_, index) => tools[index]?.available).flat();
}

/**
 * The same command, at idle priority, as far as the tools for it are there. Each of them turns into the next, so the process has exactly the
 * tool's name and arguments.
 */
export async function idleCommand(command: Command, searchPath: string | undefined): Promise<Command> {
  let idle = command;
  for (const [file = '', ...args] of idlePrefixes) {
    if (await findTool(file, searchPath)) idle = { file, args: [...args, idle.file, ...idle.args] };
  }
  return idle;
}
