import { errorCodes, ImageError } from '@image-api/driver';
import type { ErrorCode, ErrorOrigin, RunResult } from '@image-api/driver';
import { errnoFromText, escapeControl, fileError, sshError } from '@image-api/host';
import type { ProgramEnd, Side } from '@image-api/host';

/** A run of rsync that did not end well, and the names its error is told with. */
export interface RsyncFailure {
  readonly result: Pick<RunResult, 'exitCode' | 'signal' | 'stderr'>;
  /** How the ssh behind it ended, where it is known: rsync itself tells this only by chance. */
  readonly shell?: ProgramEnd;
  readonly from: PlaceName;
  readonly to: PlaceName;
  /** The end behind the network, if there is one, and how to name it. */
  readonly far?: { readonly side: Side; readonly name: string };
}

/** One end, for messages. */
export interface PlaceName {
  /** `Host.id`, or the host of a daemon. */
  readonly host: string;
  readonly path: string;
}

interface Verdict {
  readonly code: ErrorCode;
  readonly origin: ErrorOrigin;
  readonly words: string;
  readonly retryable?: boolean;
  readonly untouched?: boolean;
}

/**
 * Judge a failed rsync by what it said, and by its exit code only where that says more.
 *
 * `untouched` is set where it is certain that no byte was written: nobody answered, or a file could not be opened.
 */
export function rsyncError(failure: RsyncFailure): ImageError {
  const { far, result } = failure;
  const unheard = nothingHeard(result.stderr);
  // rsync's own lines hold file names, and a file may be called `Connection refused`.
  const reach = far && sshError(sshLines(result.stderr), far.name, far.side);
  if (reach && reach.code !== 'UNREACHABLE') return finished(reach, failure, unheard);
  const verdict = daemonVerdict(failure) ?? versionVerdict(failure);
  if (verdict) return fromVerdict(verdict, failure);
  const file = fileVerdict(failure);
  if (file) return file;
  if (reach) return finished(reach, failure, unheard);
  return fromVerdict(exitVerdict(failure, unheard), failure);
}

/** True when the far rsync never said a word, so it had nothing to write with and sent nothing to be written. */
function nothingHeard(stderr: string): boolean {
  const heard = [...stderr.matchAll(/\((\d+) bytes received so far\) \[(?:sender|Receiver)/g)].map(([, bytes]) => Number(bytes));
  return heard.length > 0 && heard.every((bytes) => bytes === 0);
}

function sshLines(stderr: string): string {
  return stderr
    .split('\n')
    .filter((line) => !/^(rsync|ERROR|@ERROR)\b|^file has vanished|^skipping /.test(line))
    .join('\n');
}

const daemonWords: readonly (readonly [RegExp, (side: Side) => Omit<Verdict, 'origin'>])[] = [
  [
    /^@ERROR: auth failed|could not (?:open|read) password file|password file must/m,
    () => ({ code: 'AUTH_DENIED', words: 'refused user or password; put the password into a private file and name it as passwordFile' }),
  ],
  [
    /^@ERROR: access denied/m,
    () => ({ code: 'AUTH_DENIED', words: 'does not let this machine in; see "hosts allow" in its configuration' }),
  ],
  [/^@ERROR: max connections/m, () => ({ code: 'UNREACHABLE', words: 'has all its connections in use; try again later', retryable: true })],
  [
    /^@ERROR: Unknown module|^@ERROR: (?:chdir|chroot) failed/m,
    (side) => ({
      code: side === 'source' ? 'SOURCE_MISSING' : 'DESTINATION_UNWRITABLE',
      words: 'has no such module; list them with `rsync rsync://HOST/`',
    }),
  ],
  [/^ERROR: module is read only/m, () => ({ code: 'DESTINATION_UNWRITABLE', words: 'lets this module only be read' })],
  [/^ERROR: module is write only/m, () => ({ code: 'SOURCE_UNREADABLE', words: 'lets this module only be written' })],
  [
    /getaddrinfo: .*(?:Name or service not known|No address associated)/m,
    () => ({ code: 'UNREACHABLE', words: 'is not known to the name server; check its spelling' }),
  ],
  [
    /failed to connect to|getaddrinfo:|timed out after/m,
    () => ({ code: 'UNREACHABLE', words: 'does not answer; check its name, port and the network', retryable: true }),
  ],
];

function daemonVerdict({ result, far }: RsyncFailure): Verdict | undefined {
  if (!far) return undefined;
  const judge = daemonWords.find(([pattern]) => pattern.test(result.stderr))?.[1];
  if (!judge) return undefined;
  const verdict = judge(far.side);
  return { ...verdict, origin: far.side, words: `${escapeControl(far.name)} ${verdict.words}`, untouched: true };
}

/** The two ends do not understand each other; found out before the first byte. */
function versionVerdict({ result, far }: RsyncFailure): Verdict | undefined {
  const { stderr } = result;
  const name = escapeControl(far?.name ?? 'this machine');
  if (/is your shell clean\?/.test(stderr)) {
    const words = `the login shell on ${name} prints text of its own, which garbles the protocol; make \`ssh HOST true\` print nothing`;
    return { code: 'TOOL_FAILED', origin: 'driver', words, untouched: true };
  }
  if (/unknown option|syntax or usage error/.test(stderr)) {
    return {
      code: 'TOOL_FAILED',
      origin: 'driver',
      words: `rsync on ${name} does not know an option: ${lastWords(stderr)}; it may be too old`,
      untouched: true,
    };
  }
  if (/rejecting unrequested file-list name/.test(stderr)) {
    return {
      code: 'TOOL_FAILED',
      origin: 'driver',
      words: `rsync refuses to fetch a file of this name: ${lastWords(stderr)}`,
      untouched: true,
    };
  }
  return undefined;
}

/** `rsync: [role] what it did "path": words of the C library (errno)`. */
const fileLine = /^rsync: (?:\[(?<role>\w+)\] )?(?<did>.+): (?<why>[^:"]+) \(\d+\)$/gm;
const readingVerbs = /^(?:link_stat|readlink_stat|send_files failed to open|read errors mapping|change_dir "|opendir|readdir)/;
const writingVerbs =
  /^(?:write failed on|close failed on|open "|open_tmpfile|mkstemp|rename|ftruncate|lseek|change_dir#|failed to (?:write|set)|do_punch_hole|recv_generator|delete_file)/;
const beforeWriting = /^(?:link_stat|readlink_stat|send_files failed to open|open "|mkstemp|change_dir|opendir)/;

function fileVerdict(failure: RsyncFailure): ImageError | undefined {
  for (const { groups } of failure.result.stderr.matchAll(fileLine)) {
    const { did = '', why = '' } = groups ?? {};
    const side = readingVerbs.test(did) ? 'source' : writingVerbs.test(did) ? 'destination' : undefined;
    if (!side) continue;
    if (side === 'source' && /No data available/.test(why)) return fromVerdict(changed(failure), failure);
    return ofFile(failure, side, why, beforeWriting.test(did));
  }
  return /failed verification|file has vanished/.test(failure.result.stderr) ? fromVerdict(changed(failure), failure) : undefined;
}

function ofFile(failure: RsyncFailure, side: Side, why: string, untouched: boolean): ImageError {
  const { host, path } = side === 'source' ? failure.from : failure.to;
  const errno = errnoFromText(why);
  const error = fileError({
    side,
    host,
    path,
    action: side === 'source' ? 'read' : 'write',
    said: why,
    ...(errno !== undefined && { errno }),
  });
  return finished(error, failure, untouched);
}

function changed({ from }: RsyncFailure): Verdict {
  const words = `${placeText(from)} changed while it was copied; copy a source nobody writes to, such as a snapshot`;
  // Another try would not be of the image this one was planned from, and nobody goes on from its bytes.
  return { code: 'SOURCE_CHANGED', origin: 'source', words };
}

/** Exit codes after which the same may work again: siblings, sockets, signals. */
const passing = new Set<number | null>([null, 10, 12, 13, 14, 15, 16, 19, 20, 21, 30, 35, 124, 125, 255]);
const ofNetwork = new Set<number | null>([10, 12, 30, 35, 124, 255]);

function exitVerdict({ result, far, shell }: RsyncFailure, unheard: boolean): Verdict {
  const { exitCode, signal, stderr } = result;
  const name = escapeControl(far?.name ?? 'this machine');
  // What ended over there is the reason why it ended here.
  const status = (far && shell?.exitCode) || exitCode;
  if (status === 126 || status === 127 || (unheard && /not found|No such file|Unknown command/.test(sshLines(stderr)))) {
    return {
      code: 'TOOL_MISSING',
      origin: 'driver',
      words: `rsync is not installed on ${name}; install it, or let another driver do the copy`,
      untouched: true,
    };
  }
  if (status === 22)
    return { code: 'RESOURCES', origin: 'driver', words: 'rsync ran out of memory; run fewer copies at once', retryable: true };
  if (far && ofNetwork.has(status)) {
    const words = `the connection to ${name} was lost; ${errorCodes.UNREACHABLE.wayOut}`;
    return { code: 'UNREACHABLE', origin: far.side, words, retryable: true, untouched: unheard };
  }
  const where = status === exitCode ? 'rsync' : `rsync on ${name}`;
  const how = status === null ? `by ${signal}` : `with ${status}`;
  const retryable = passing.has(status) || (status ?? 0) > 128;
  return { code: 'TOOL_FAILED', origin: 'driver', words: `${where} ended ${how}: ${lastWords(stderr)}`, retryable };
}

function fromVerdict({ words, ...verdict }: Verdict, failure: RsyncFailure): ImageError {
  return new ImageError(words, { ...verdict, driver: 'rsync', details: details(failure) });
}

/** An error judged elsewhere, with what only this driver knows. */
function finished(error: ImageError, failure: RsyncFailure, untouched: boolean): ImageError {
  const { code, origin, retryable } = error;
  return new ImageError(error.message, {
    code,
    origin,
    retryable,
    untouched,
    driver: 'rsync',
    details: { ...error.details, ...details(failure) },
  });
}

function details({ result }: RsyncFailure): Record<string, unknown> {
  return { exitCode: result.exitCode, signal: result.signal, stderr: escapeLines(result.stderr.slice(-2000)) };
}

/** The last line that is not rsync's own summary of its exit code. */
function lastWords(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('rsync error:'));
  return escapeControl(lines.at(-1)?.slice(0, 300) ?? 'it did not say why');
}

function escapeLines(text: string): string {
  return text.split('\n').map(escapeControl).join('\n');
}

function placeText({ host, path }: PlaceName): string {
  return `${escapeControl(path)}${host === 'local' ? '' : ` on ${host}`}`;
}
