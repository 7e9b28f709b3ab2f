import { CommanderError } from 'commander';
import { reportFailure } from './failure/report-failure.ts';
import { badOption } from './failure/to-image-error.ts';
import { createProgram } from './program.ts';
import type { World } from './world.ts';

/**
 * Run one command line to its end and answer the exit status. Never rejects: what went wrong has been told.
 *
 * @param words the arguments, without the program's own name
 */
export async function runCommandLine(words: readonly string[], world: World): Promise<number> {
  try {
    const { program, outcome } = createProgram(world);
    await Promise.race([program.parseAsync(words, { from: 'user' }), world.gaveUp]);
    return outcome.exitStatus;
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) return reportFailure(thrown, words, world);
    if (isHelp(thrown)) return thrown.exitCode === 0 ? 0 : 2;
    return reportFailure(usageError(thrown), words, world);
  }
}

/** Help and version are no failures; help that nobody asked for stands for a missing command. */
function isHelp({ code }: CommanderError): boolean {
  return code === 'commander.helpDisplayed' || code === 'commander.help' || code === 'commander.version';
}

function usageError(error: CommanderError): Error {
  const words = error.message.replace(/^error: /, '').replace(/\n\(Did you mean (.*)\?\)$/, ' (did you mean $1?)');
  return badOption(`${words}; see imagectl --help`, error);
}
