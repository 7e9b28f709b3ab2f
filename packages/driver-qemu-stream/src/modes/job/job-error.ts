import { ImageError, isImageError } from '@image-api/driver';
import type { TransferRequest } from '@image-api/driver';
import { errnoFromText, escapeControl } from '@image-api/host';
import { QmpError } from '@image-api/qmp';
import { explainWords } from '../../qemu-stream-errors.ts';
import { JobFailure } from './job-runner.ts';

/** Which of the two ends of a copy a failed step has to do with; `undefined` where it may be either, as with a job. */
export type JobSide = 'source' | 'destination' | undefined;

/**
 * Why a step of a copy was not done, by QEMU's or the system's own words. An `ImageError` stays what it is.
 *
 * @param untouched whether it is certain that no byte was written
 */
export function jobError(error: unknown, side: JobSide, request: TransferRequest, untouched = false): ImageError {
  if (isImageError(error)) return error;
  const said = escapeControl(wordsOf(error));
  if (error instanceof QmpError && error.kind !== 'command') return silent(said, untouched, error);
  const about = side ?? sideOf(said, request);
  const { href: name, scheme } = about === 'source' ? request.from : request.name;
  if (error instanceof JobFailure && scheme !== 'file' && !isFull(said)) return lost(said, about, name);
  return explainWords(said, { side: about, name, untouched }, { said });
}

function wordsOf(error: unknown): string {
  if (error instanceof QmpError) return error.description ?? error.message;
  return error instanceof Error ? error.message : String(error);
}

/** There is room to be missed at one end only. Other words are more likely about the end that is far. */
function sideOf(said: string, { from }: TransferRequest): NonNullable<JobSide> {
  return isFull(said) || from.scheme === 'file' ? 'destination' : 'source';
}

function isFull(said: string): boolean {
  return ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(errnoFromText(said) ?? '');
}

/** A job only says that something failed; beyond a network, that is most often the network. */
function lost(said: string, origin: NonNullable<JobSide>, name: string): ImageError {
  return new ImageError(
    `${name}: it went away, or failed; see whether its server is up, and start the same copy again (QEMU says: ${said})`,
    {
      code: 'UNREACHABLE',
      origin,
      driver: 'qemu-stream',
      retryable: true,
      details: { said },
    },
  );
}

function silent(said: string, untouched: boolean, cause: QmpError): ImageError {
  const code = cause.kind === 'timeout' ? 'STALLED' : 'TOOL_FAILED';
  return new ImageError(`${said}; start the same copy again`, {
    code,
    origin: 'driver',
    driver: 'qemu-stream',
    retryable: true,
    untouched,
    cause,
  });
}
