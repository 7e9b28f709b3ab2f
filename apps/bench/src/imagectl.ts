import { fileURLToPath } from 'node:url';
import type { CommandLine } from './race.ts';

const program = fileURLToPath(new URL('../../cli/bin/imagectl.js', import.meta.url));

/** Our own contender: the built command line, started as a user would. */
export function imagectl(...args: readonly string[]): CommandLine {
  return { name: `imagectl ${args[0] ?? ''}`, command: [process.execPath, program, ...args] };
}
