import { execFile } from 'node:child_process';
import { findTool } from './find-tool.ts';
import { askProgram } from './known-program.ts';

/** A program and its arguments, ready to be started. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

const known = new Map<string, Promise<boolean>>();

/**
 * The same command, asking the kernel to kill it as soon as we are gone, which holds even for kill -9 of us. `setpriv` turns into the
 * tool, so the process has exactly the tool's name and arguments. Where it is missing, only an orderly end takes the workers along.
 *
 * The kernel watches the *thread* that starts the child: workers are to be started from the main thread.
 */
export async function workerCommand(command: Command, searchPath: string | undefined): Promise<Command> {
  if (!(await canSetDeathSignal(searchPath))) return command;
  return { file: 'setpriv', args: ['--pdeathsig', 'KILL', '--', command.file, ...command.args] };
}

/** Asked once: some systems have a smaller `setpriv` that does not know the option. */
function canSetDeathSignal(searchPath = ''): Promise<boolean> {
  const asked = known.get(searchPath) ?? tryDeathSignal(searchPath);
  known.set(searchPath, asked);
  return asked;
}

async function tryDeathSignal(searchPath: string): Promise<boolean> {
  const program = process.platform === 'linux' ? await findTool('setpriv', searchPath) : undefined;
  if (program === undefined) return false;
  return askProgram({ program, question: 'death signal', ask: () => tryOut(program, searchPath), isKept: (answer) => answer === true });
}

function tryOut(setpriv: string, searchPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const settings = { env: { PATH: searchPath }, timeout: 5000 };
    execFile(setpriv, ['--pdeathsig', 'KILL', '--', 'true'], settings, (error) => resolve(error === null));
  });
}
