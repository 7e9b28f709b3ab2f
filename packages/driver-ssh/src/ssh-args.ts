import type { SshAccess } from '@image-api/driver';
import { quoteForShell } from '@image-api/host';
import { threadsFor } from './packing.ts';
import type { Packing, ZstdLevel } from './packing.ts';
import { receiveScript } from './receive-script.ts';
import { sendScript } from './send-script.ts';

/** One copy, as the commands need it. */
export interface CopyWords {
  readonly kind: 'upload' | 'download';
  /** Absolute, taken as they are. */
  readonly from: string;
  readonly to: string;
  readonly size: number;
  /** A word that nobody else says. */
  readonly mark: string;
  /** The program that stands for ssh, carries the bytes and keeps the limit. */
  readonly pace: string;
  readonly ssh: Pick<SshAccess, 'options' | 'host' | 'user' | 'port'>;
  readonly packing: Packing;
  /** Default 1. */
  readonly level?: ZstdLevel;
  /** Of the end that packs. */
  readonly processors: number;
  /** A file that lists the pieces to send; absent for all of the image. */
  readonly list?: string;
}

/** How often the far end says how far it is. */
const mostWords = 2000;
const leastStep = 256 * 1024;

/** The arguments of the `sh` on this machine that copies. */
export function sshArgs(words: CopyWords): string[] {
  const { kind, packing, level, processors, list = '/dev/null', pace, ssh } = words;
  const [send, receive] = [sender(words), receiver(words)];
  const pack = packer(packing, processors, level);
  const isUpload = kind === 'upload';
  const here = isUpload ? uploadScript(pack) : downloadScript(unpacker(packing));
  const there = isUpload ? receivingScript(unpacker(packing)) : sendingScript(pack);
  const far = ['sh', '-c', there, 'sh', ...(isUpload ? receive : [words.mark, ...send])];
  return ['-c', here, 'sh', ...(isUpload ? send : receive), list, pace, ...sessionArgs(ssh), `exec ${quoteForShell(far)}`];
}

/** The words of what packs; none where nothing does. */
export function packer(packing: Packing, processors: number, level: ZstdLevel = 1): readonly string[] {
  if (packing === 'none') return [];
  return packing === 'gzip' ? ['gzip', '-1', '-c'] : ['zstd', '-q', `-${level}`, `-T${threadsFor(packing, processors)}`, '-c'];
}

function unpacker(packing: Packing): readonly string[] {
  if (packing === 'none') return [];
  return packing === 'gzip' ? ['gzip', '-d', '-c'] : ['zstd', '-q', '-d', '-c'];
}

function sender({ from, size, list }: CopyWords): string[] {
  return [sendScript, from, String(size), list === undefined ? '' : 'given'];
}

function receiver({ to, size, mark, list }: CopyWords): string[] {
  const step = Math.max(leastStep, Math.ceil(size / mostWords));
  return [receiveScript, to, mark, String(step), list === undefined ? '' : 'kept'];
}

function uploadScript(pack: readonly string[]): string {
  return `send=$1 name=$2 size=$3 given=$4 list=$5; shift 5
${pipe('perl -e "$send" -- "$name" "$size" "$given" <"$list"', pack.join(' '), '"$@"')}`;
}

function receivingScript(unpack: readonly string[]): string {
  return `LC_ALL=C; export LC_ALL
${pipe(unpack.join(' '), 'perl -e "$1" -- "$2" "$3" "$4" "$5"')}`;
}

/** A shell that logs us in may say things of its own. They come before the mark, and `read` takes no byte beyond its line. */
function downloadScript(unpack: readonly string[]): string {
  return `receive=$1 name=$2 mark=$3 step=$4 kept=$5 list=$6; shift 6
"$@" <"$list" | {
  while IFS= read -r line && [ "$line" != "$mark" ]; do :; done
  ${pipe(unpack.join(' '), 'perl -e "$receive" -- "$name" "$mark" "$step" "$kept"')}
}`;
}

function sendingScript(pack: readonly string[]): string {
  return `LC_ALL=C; export LC_ALL
printf '%s\\n' "$1"
${pipe('perl -e "$2" -- "$3" "$4" "$5"', pack.join(' '))}`;
}

function pipe(...commands: readonly string[]): string {
  return commands.filter((command) => command !== '').join(' | ');
}

function sessionArgs({ options, host, user, port }: CopyWords['ssh']): string[] {
  const login = user === undefined ? [] : ['-l', user];
  return [...options, ...(port === undefined ? [] : ['-p', String(port)]), ...login, '--', host];
}
