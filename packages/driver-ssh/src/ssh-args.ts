import type { SshAccess } from '@image-api/driver';
import { quoteForShell } from '@image-api/host';
import { paceScript } from './pace-script.ts';
import { threadsFor } from './packing.ts';
import type { Packing, ZstdLevel } from './packing.ts';
import { receiveScript } from './receive-script.ts';
import { sendScript } from './send-script.ts';
import { spellScript } from './spell-script.ts';

/** One copy, as the commands need it. */
export interface CopyWords {
  /** `between`: from the host that sends to another. */
  readonly kind: 'upload' | 'download' | 'between';
  /** Absolute, taken as they are. */
  readonly from: string;
  readonly to: string;
  readonly size: number;
  /** A word that nobody else says. */
  readonly mark: string;
  /** On this machine: the program that stands for ssh, carries the bytes and keeps the limit. Elsewhere: the mark of what does. */
  readonly pace: string;
  readonly ssh: Pick<SshAccess, 'options' | 'host' | 'user' | 'port'>;
  readonly packing: Packing;
  /** Default 1. */
  readonly level?: ZstdLevel;
  /** Of the end that packs. */
  readonly processors: number;
  /** The pieces to send; absent for all of the image. On this machine: a file that lists them. Elsewhere: the words of the script that does. */
  readonly list?: string | readonly string[];
}

/** In the environment of a copy between two hosts: the rate it begins with. */
export const rateVariable = 'IMAGE_API_RATE';

/** How often the far end says how far it is. */
const mostWords = 2000;
const leastStep = 256 * 1024;

/** The arguments of the `sh` that copies: on this machine, or on the host that sends to another. */
export function sshArgs(words: CopyWords): string[] {
  const { kind, packing, level, processors, list = '/dev/null', pace, ssh } = words;
  const [send, receive] = [sender(words), receiver(words)];
  const pack = packer(packing, processors, level);
  if (kind === 'download') {
    const there = ['sh', '-c', sendingScript(pack), 'sh', words.mark, ...send];
    return ['-c', downloadScript(unpacker(packing)), 'sh', ...receive, String(list), pace, ...sessionArgs(ssh, there)];
  }
  const session = sessionArgs(ssh, ['sh', '-c', receivingScript(unpacker(packing)), 'sh', ...receive]);
  if (kind === 'upload') return ['-c', uploadScript(pack), 'sh', ...send, String(list), pace, ...session];
  const spelled = typeof list === 'string' ? [] : [spellScript, ...list];
  return ['-c', betweenScript(pack, spelled.length), 'sh', ...send, paceScript, pace, ...spelled, 'ssh', ...session];
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

/** The rate that holds at the beginning comes by the environment: typed by hand, it has no limit. */
function betweenScript(pack: readonly string[], spelled: number): string {
  const words = ['send=$1 name=$2 size=$3 given=$4 pace=$5 mark=$6; shift 6'];
  const list = spelled === 0 ? '' : 'perl -e "$spell" -- "$chunk" "$held" "$size" "$bits"';
  if (spelled > 0) words.push('spell=$1 chunk=$2 held=$3 bits=$4; shift 4');
  return `${words.join('\n')}
exec 3>&1
${pipe(list, 'perl -e "$send" -- "$name" "$size" "$given"', pack.join(' '), `perl -e "$pace" -- "$mark" "\${${rateVariable}:--}"`, '"$@" 3>&-')}`;
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

function sessionArgs({ options, host, user, port }: CopyWords['ssh'], far: readonly string[]): string[] {
  const login = user === undefined ? [] : ['-l', user];
  return [...options, ...(port === undefined ? [] : ['-p', String(port)]), ...login, '--', host, `exec ${quoteForShell(far)}`];
}
