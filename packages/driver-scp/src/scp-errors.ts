import { ImageError } from '@image-api/driver';
import type { RunResult, TransferRequest } from '@image-api/driver';
import { errnoFromText, escapeControl, fileError, ofDriver, sshError } from '@image-api/host';
import type { Side } from '@image-api/host';

/** How a tool ended; `RunResult` without what is of no matter here. */
export type Ending = Pick<RunResult, 'exitCode' | 'signal' | 'stderr'>;

/** What must be known beside the words themselves. */
export interface Circumstances {
  readonly request: TransferRequest;
  /** The end that is a file of the machine scp ran on; absent when both are remote. */
  readonly local?: Side;
  /** The remote host, or both of them, as the user calls it. */
  readonly far: string;
  /** `Host.id` of either end. */
  readonly hosts: Readonly<Record<Side, string>>;
  /** It is certain that no byte was written. */
  readonly untouched: boolean;
  /** What looking at the destination told where the words did not. */
  readonly errno?: string;
  /** What looking at sftp over there told: why it does not work, as a sentence. */
  readonly noSftp?: string;
}

/** Why scp failed: 255 and 1 both stand for many things, so the words decide. */
export function scpError(ending: Ending, circumstances: Circumstances): ImageError {
  const said = lines(ending.stderr);
  const ours = said.filter((line) => /^s?cp: /.test(line));
  const others = said.filter((line) => !ours.includes(line));
  const error =
    missingServer(ending.stderr, circumstances) ??
    // ssh's own lines first. File names are in scp's lines only, and may hold any words.
    sshError(others.join('\n'), circumstances.far, 'core') ??
    fileFailure(ours, circumstances) ??
    sshError(ours.join('\n'), circumstances.far, 'core') ??
    toolFailed(ending, circumstances);
  return ofScp(error, circumstances.untouched);
}

/** SFTP has no word for a full disk or a read-only one: whether the destination should be looked at to tell. */
export function isVague(ending: Ending): boolean {
  return lines(ending.stderr).some((line) => /^scp: (dest open|write remote|write dest) .*: Failure$/.test(line));
}

/** Whether scp never got as far as the bytes. Between two hosts it empties the destination when it fails, so that an empty one proves nothing. */
export function isEarly(ending: Ending): boolean {
  return lines(ending.stderr).some((line) =>
    /^scp: ((origin|remote|dest) open |.*: (No such file or directory|not a regular file)$)/.test(line),
  );
}

/** Through a shared connection a server that offers no sftp looks like one that hung up: whether it should be asked which it was. */
export function isMute(ending: Ending): boolean {
  return ending.exitCode === 255 && lines(ending.stderr).every((line) => line === 'scp: Connection closed');
}

/** An error known to have happened in this driver. */
export function ofScp(error: unknown, untouched: boolean): ImageError {
  return ofDriver('scp', error, untouched);
}

function lines(stderr: string): string[] {
  return stderr.split(/\r?\n/).filter((line) => line.trim() !== '');
}

function missingServer(stderr: string, { far, noSftp }: Circumstances): ImageError | undefined {
  const why = noSftp ?? sftpProblem(stderr, escapeControl(far));
  if (why === undefined) return undefined;
  return new ImageError(`scp does not work: ${why}; set sftp up there, or use another driver`, {
    code: 'TOOL_MISSING',
    origin: 'driver',
    untouched: true,
    details: { stderr: escapeControl(stderr) },
  });
}

function sftpProblem(stderr: string, far: string): string | undefined {
  if (stderr.includes('Received message too long')) return `${far} says things of its own to every login`;
  return /subsystem request failed|sftp-server: not found/.test(stderr) ? `${far} offers no sftp` : undefined;
}

function fileFailure(said: readonly string[], circumstances: Circumstances): ImageError | undefined {
  for (const line of said) {
    const side = sideOf(line, circumstances.local);
    if (side) return fileErrorOn(side, line, circumstances);
  }
  return undefined;
}

/** Whose file a line is about; `undefined` when it is about none. */
function sideOf(line: string, local: Side | undefined): Side | undefined {
  if (/^scp: (dest open|write remote|write dest|write local) /.test(line)) return 'destination';
  if (/^scp: (remote open|origin open|read remote|read origin|read local|stat local) /.test(line)) return 'source';
  if (line.startsWith('scp: open local ')) return local;
  if (/^scp: (\/|download ).*: (No such file or directory|Permission denied|not a regular file)$/.test(line)) return 'source';
  // scp leaves a copy within one machine to cp.
  if (line.startsWith('cp: ')) return /cannot stat|for reading|error reading/.test(line) ? 'source' : 'destination';
  return undefined;
}

function fileErrorOn(side: Side, line: string, { request, hosts, errno }: Circumstances): ImageError {
  const unreadable = side === 'source' && /: (End of file|Failure)$/.test(line) ? 'EIO' : undefined;
  const found = errno ?? unreadable ?? (line.endsWith('not a regular file') ? 'EISDIR' : errnoFromText(line.slice(line.lastIndexOf(': '))));
  return fileError({
    side,
    host: hosts[side],
    path: side === 'source' ? request.from.path : request.name.path,
    action: side === 'source' ? 'read' : `write the ${request.from.facts.size ?? 0} bytes of`,
    ...(found !== undefined && { errno: found }),
    said: line,
  });
}

function toolFailed({ exitCode, signal, stderr }: Ending, { request }: Circumstances): ImageError {
  const killed = signal === 'SIGKILL';
  const end = signal === null ? `ended with ${exitCode}` : `was ended by ${signal}`;
  const said = escapeControl(lines(stderr).slice(-3).join('; '));
  const words = said || (killed ? 'the machine may be out of memory' : 'it did not say why');
  return new ImageError(`copying ${request.from.href} to ${request.name.href}: scp ${end}: ${words}`, {
    code: killed ? 'RESOURCES' : 'TOOL_FAILED',
    origin: killed ? 'core' : 'driver',
    retryable: killed,
    details: { exitCode, signal, stderr: said },
  });
}
