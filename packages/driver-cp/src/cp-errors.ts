import { ImageError } from '@image-api/driver';
import type { RunResult, TransferRequest } from '@image-api/driver';
import { errnoFromText, escapeControl, fileError, ofDriver } from '@image-api/host';
import type { Side } from '@image-api/host';

/** How a tool ended; `RunResult` without what is of no matter here. */
export type Ending = Pick<RunResult, 'exitCode' | 'signal' | 'stderr'>;

/**
 * Why `cp` failed. It ends with 1 whatever it was, so the words decide.
 *
 * @param untouched whether it is certain that no byte was written
 */
export function cpError(ending: Ending, request: TransferRequest, untouched: boolean): ImageError {
  const said = lastWords(ending.stderr);
  const errno = errnoOf(said);
  if (errno === undefined) return toolFailed(ending, request, said, untouched);
  const side = sideOf(said);
  const judged = fileError({
    side,
    host: 'local',
    path: side === 'source' ? request.from.path : request.name.path,
    action: side === 'source' ? 'read' : `write the ${request.from.facts.size ?? 0} bytes of`,
    errno,
    said,
  });
  return ofCp(judged, untouched);
}

/** True when all that happened is that the filesystem would not share blocks. */
export function isCloneRefusal(ending: Ending): boolean {
  return ending.exitCode === 1 && lastWords(ending.stderr).includes('failed to clone');
}

/** An error of the host (cancelled, stalled, no such tool), known to have happened in this driver. */
export function ofCp(error: unknown, untouched: boolean): ImageError {
  return ofDriver('cp', error, untouched);
}

/** The line that tells what happened; the tool's own rather than those of what started it. */
function lastWords(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  return (lines.findLast((line) => line.startsWith('cp: ')) ?? lines.at(-1) ?? '').trim();
}

/** Of a directory in place of the source cp speaks in words of its own. */
function errnoOf(said: string): string | undefined {
  return said.includes('omitting directory') ? 'EISDIR' : errnoFromText(said);
}

function sideOf(said: string): Side {
  return /cannot stat|for reading|omitting directory/.test(said) ? 'source' : 'destination';
}

function toolFailed({ exitCode, signal }: Ending, { from, name }: TransferRequest, said: string, untouched: boolean): ImageError {
  const killed = signal === 'SIGKILL';
  const end = signal === null ? `ended with ${exitCode}` : `was ended by ${signal}`;
  const words = escapeControl(said) || (killed ? 'the machine may be out of memory' : 'it did not say why');
  return new ImageError(`copying ${from.href} to ${name.href}: cp ${end}: ${words}`, {
    code: killed ? 'RESOURCES' : 'TOOL_FAILED',
    origin: killed ? 'core' : 'driver',
    driver: 'cp',
    retryable: killed,
    untouched,
    details: { exitCode, signal, stderr: escapeControl(said) },
  });
}
