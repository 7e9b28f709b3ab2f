import { getSystemErrorMap } from 'node:util';
import { ImageError } from '@image-api/driver';
import type { RunResult, TransferRequest } from '@image-api/driver';
import { escapeControl, fileError, ofDriver, sshError as connectionProblem } from '@image-api/host';
import type { ProgramEnd, Side } from '@image-api/host';

/** How the copying ended; `RunResult` without what is of no matter here. */
export type Ending = Pick<RunResult, 'exitCode' | 'signal' | 'stderr'>;

/** What must be known beside the words themselves. */
export interface Circumstances {
  readonly request: TransferRequest;
  /** The host at the other end of the session, as the user calls it. */
  readonly far: string;
  /** Where the session was opened, if that was not here. */
  readonly by?: string;
  /** `Host.id` of either end. */
  readonly hosts: Readonly<Record<Side, string>>;
  /** It is certain that no byte was written. */
  readonly untouched: boolean;
  /** How the session itself ended. */
  readonly session?: ProgramEnd;
}

/** Why it failed. Of what went wrong at several places, the first cause counts: a stream that is cut follows from all of them. */
export function sshError(ending: Ending, circumstances: Circumstances): ImageError {
  const said = wordsIn(ending.stderr);
  const sessionFailed = circumstances.session?.exitCode === 255 || ending.exitCode === 255;
  const error =
    fileFailure(said.ours, circumstances) ??
    (sessionFailed ? seenFrom(lostConnection(said.others, circumstances), circumstances) : undefined) ??
    (said.ours.includes('image-api lost') ? lostConnection([], circumstances) : undefined) ??
    otherProblem(said.others, circumstances) ??
    toolFailed(ending, said.others, circumstances);
  return ofSsh(error, circumstances.untouched);
}

function otherProblem(said: readonly string[], circumstances: Circumstances): ImageError | undefined {
  const words = said.filter((line) => !/^(zstd|gzip|sh|perl):/.test(line)).join('\n');
  const problem = connectionProblem(words, circumstances.far, 'core');
  return problem && seenFrom(problem, circumstances);
}

/** Why one host does not get to another any more, though it did when that was planned. */
export function wayLost(reason: string, between: Pick<Circumstances, 'far' | 'by'>, untouched: boolean): ImageError {
  return ofSsh(seenFrom(lostConnection([reason], between), between), untouched);
}

/** From here, all may be well with that host. */
function seenFrom(error: ImageError, { by }: Pick<Circumstances, 'by'>): ImageError {
  if (by === undefined) return error;
  const { code, origin, retryable, details } = error;
  return new ImageError(`on ${escapeControl(by)}: ${error.message}`, { code, origin, retryable, details });
}

/** An error known to have happened in this driver. */
export function ofSsh(error: unknown, untouched: boolean): ImageError {
  return ofDriver('ssh', error, untouched);
}

function wordsIn(stderr: string): { readonly ours: readonly string[]; readonly others: readonly string[] } {
  const lines = stderr.split(/\r?\n/).filter((line) => line.trim() !== '');
  const isOurs = (line: string): boolean => /^image-api (read \d+|write \d+|start \d+|cut|lost)$/.test(line);
  return { ours: lines.filter(isOurs), others: lines.filter((line) => !isOurs(line)) };
}

function fileFailure(said: readonly string[], { request, hosts }: Circumstances): ImageError | undefined {
  const [, what, number] = said.map((line) => /^image-api (read|write) (\d+)$/.exec(line)).find((found) => found !== null) ?? [];
  if (what === undefined) return undefined;
  if (what === 'read' && number === '0') return shrunk(request);
  const side: Side = what === 'read' ? 'source' : 'destination';
  const errno = getSystemErrorMap().get(-Number(number))?.[0];
  return fileError({
    side,
    host: hosts[side],
    path: side === 'source' ? request.from.path : request.name.path,
    action: side === 'source' ? 'read' : `write the ${request.from.facts.size ?? 0} bytes of`,
    ...(errno !== undefined && { errno }),
    said: `error ${number}`,
  });
}

function shrunk({ from }: TransferRequest): ImageError {
  return new ImageError(`${from.href} became shorter while it was copied; copy a source nobody writes to, such as a snapshot`, {
    code: 'SOURCE_CHANGED',
    origin: 'source',
  });
}

function lostConnection(said: readonly string[], { far }: Pick<Circumstances, 'far'>): ImageError {
  const words = said.join('\n');
  const judged = connectionProblem(words, far, 'core');
  if (judged) return judged;
  const name = escapeControl(far);
  return new ImageError(`cannot reach ${name}: the connection was lost; check the network, and \`ssh ${name} true\``, {
    code: 'UNREACHABLE',
    origin: 'core',
    retryable: true,
    details: { stderr: escapeControl(words) },
  });
}

function toolFailed({ exitCode, signal }: Ending, said: readonly string[], { request }: Circumstances): ImageError {
  const missing = exitCode === 127;
  const killed = !missing && (signal === 'SIGKILL' || exitCode === 3 || (exitCode ?? 0) > 128);
  const end = signal === null ? `ended with ${exitCode}` : `was ended by ${signal}`;
  const last = escapeControl(said.slice(-3).join('; '));
  const words = last || (killed ? 'one of its programs was ended, the machine may be out of memory' : 'it did not say why');
  return new ImageError(`copying ${request.from.href} to ${request.name.href}: the copy over ssh ${end}: ${words}`, {
    code: missing ? 'TOOL_MISSING' : killed ? 'RESOURCES' : 'TOOL_FAILED',
    origin: missing || !killed ? 'driver' : 'core',
    retryable: killed,
    details: { exitCode, signal, stderr: last },
  });
}
