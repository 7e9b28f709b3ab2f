import { runCommandLine } from './command-line.ts';
import { reportFailure } from './failure/report-failure.ts';
import { createWorld } from './process/create-world.ts';
import { watchSignals } from './process/interrupt.ts';

/** `imagectl` as a process: run its command line, and leave the exit status. */
export async function runProcess(process: NodeJS.Process): Promise<void> {
  const words = process.argv.slice(2);
  const interrupt = watchSignals(process);
  const world = createWorld(process, interrupt);
  process.once('uncaughtException', (error) => process.exit(reportFailure(error, words, process)));
  process.stdout.on('error', throwUnlessGone);
  process.stderr.on('error', () => undefined);
  process.exitCode = await runCommandLine(words, world);
  interrupt.stop();
  // What was cut short, and nobody waits for any more, must not keep us alive.
  if (interrupt.signal.aborted) process.exit();
}

/** A reader that has heard enough (`| head -1`) is no failure; a full disk is. */
function throwUnlessGone(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}
