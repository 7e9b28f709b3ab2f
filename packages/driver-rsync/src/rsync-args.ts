import type { SshAccess } from '@image-api/driver';
import { quoteForShell } from '@image-api/host';
import type { Packing } from './compression.ts';
import { daemonPlace, sshPlace } from './remote-path.ts';
import { remoteShell } from './remote-shell.ts';

/** One end as the rsync that runs sees it. */
export type Place =
  | { readonly kind: 'here'; readonly path: string }
  | { readonly kind: 'ssh'; readonly ssh: Pick<SshAccess, 'program' | 'options' | 'host' | 'user' | 'port'>; readonly path: string }
  | { readonly kind: 'daemon'; readonly host: string; readonly port?: number; readonly user?: string; readonly path: string };

/** All that decides on the argument list. */
export interface Job {
  readonly from: Place;
  readonly to: Place;
  /** The destination holds bytes worth comparing with. */
  readonly compare: boolean;
  readonly sparse: boolean;
  /** The source is a block device, to be read as a file. */
  readonly device: boolean;
  /** The program that carries the bytes and keeps the limit. Where it is absent, rsync must keep it. */
  readonly pace?: string;
  /** KiB per second: a bare number is in them. */
  readonly limitKiB?: number;
  readonly packing?: Packing;
  /** What makes the rsync over there give way to everything else: words before its name. */
  readonly idleWords?: readonly string[];
  readonly passwordFile?: string;
  /** What is on a daemon may be replaced. Elsewhere the core sees to it. */
  readonly replace: boolean;
}

/** The whole argument list of one copy. */
export function rsyncArgs(job: Job): string[] {
  return [
    ...destinationArgs(job),
    job.compare ? '--no-whole-file' : '--whole-file',
    // Size and time may be equal and the content not: an interrupted try can leave such a file.
    '--ignore-times',
    ...(job.sparse ? ['--sparse'] : []),
    ...(job.device ? ['--copy-devices'] : []),
    ...['--no-perms', '--no-owner', '--no-group', '--no-times'],
    ...['--info=progress2,stats2', '--no-human-readable', '--no-inc-recursive', '--outbuf=L'],
    ...(job.limitKiB === undefined ? [] : [`--bwlimit=${job.limitKiB}`]),
    ...packingArgs(job.packing),
    ...reachArgs(job),
    '--',
    placeText(job.from),
    isWithin(job) && job.pace !== undefined ? sshPlace(nowhere, job.to.path) : placeText(job.to),
  ];
}

/** A daemon renames by itself, and is to keep what it has unless it was said otherwise; elsewhere the staging file is filled. */
function destinationArgs({ to, replace }: Job): string[] {
  if (to.kind !== 'daemon') return ['--inplace'];
  return replace ? [] : ['--ignore-existing'];
}

/** Ask a daemon what is at a place. */
export function listArgs(place: Place, passwordFile?: string): string[] {
  return ['--list-only', '--no-human-readable', ...daemonArgs(passwordFile), '--', placeText(place)];
}

/** The same copy with nothing moved: a daemon says whether it may be written there. */
export function rehearsalArgs(job: Job): string[] {
  return ['--dry-run', ...rsyncArgs(job)];
}

function packingArgs(packing: Packing | undefined): string[] {
  if (!packing) return [];
  return [`--compress-choice=${packing.choice}`, ...(packing.level === undefined ? [] : [`--compress-level=${packing.level}`])];
}

/** The host that rsync is told of when there is none: its other half is started on this machine, behind the program that carries the bytes. */
const nowhere = { host: 'localhost' };

function isWithin({ from, to }: Job): boolean {
  return from.kind === 'here' && to.kind === 'here';
}

function reachArgs(job: Job): string[] {
  const { from, to, pace, passwordFile, idleWords } = job;
  if (from.kind === 'daemon' || to.kind === 'daemon') return daemonArgs(passwordFile);
  const far = [from, to].find((place) => place.kind === 'ssh');
  // `-s` is --secluded-args in every version: no shell over there ever sees the path.
  if (far) {
    const name = idleWords ? [`--rsync-path=${quoteForShell([...idleWords, 'rsync'])}`] : [];
    return ['-s', ...name, '-e', remoteShell({ ...far.ssh, ...(pace !== undefined && { program: pace }) })];
  }
  return pace === undefined ? [] : ['-s', '-e', remoteShell({ program: pace, options: ['--here'] })];
}

function daemonArgs(passwordFile: string | undefined): string[] {
  return ['-s', '--no-motd', '--contimeout=5', ...(passwordFile === undefined ? [] : [`--password-file=${passwordFile}`])];
}

function placeText(place: Place): string {
  if (place.kind === 'here') return place.path;
  return place.kind === 'ssh' ? sshPlace(place.ssh, place.path) : daemonPlace(place, place.path);
}
