import { posix } from 'node:path';
import { ImageError } from '@image-api/driver';
import type { Endpoint, Facts, Host, ImageFormat, KnownEndpoint, PathStat } from '@image-api/driver';
import type { Verdict } from '@image-api/image-format';
import { examineOn } from '../safety/examine-on.ts';
import { atPath } from '../uri/at-path.ts';
import { showText } from '../uri/show-text.ts';
import { badPath } from '../uri/uri-error.ts';
import { checkDestination, checkDirectory, checkSame, checkSource } from './check-ends.ts';
import { isOnTheWeb, lookAtWeb } from './look-at-web.ts';
import { onSide } from './on-side.ts';

/** Where endpoints live: the only thing `look` needs of the machine. */
export interface HostFinder {
  /** The host of an endpoint; `undefined` where no host can look. */
  hostOf(endpoint: Endpoint): Host | undefined;
}

/** The source as it was found. */
export interface SourceLook {
  /** With every symbolic link resolved. */
  readonly endpoint: KnownEndpoint;
  readonly host?: Host;
  readonly stat?: PathStat;
  /** What the image is, by its header. */
  readonly verdict?: Verdict;
  /** What tells its content from another one at the same address, in the words of its server; for what is no file of a host. */
  readonly identity?: string;
}

/** The destination as it was found. */
export interface DestinationLook {
  readonly endpoint: KnownEndpoint;
  readonly host?: Host;
  /** What is there now; a link is told as one. */
  readonly stat?: PathStat;
  /** What a link that is there leads to. */
  readonly behindLink?: PathStat;
  /** The directory it is in, links resolved. */
  readonly directory?: string;
  /** Permission bits of that directory. */
  readonly directoryMode?: number;
  readonly free?: number;
}

export interface Look {
  readonly from: SourceLook;
  readonly to: DestinationLook;
}

export interface LookOptions {
  readonly overwrite: 'never' | 'replace';
  /** Largest size a header may declare, in bytes. */
  readonly maxVirtualSize: number;
  /** What the caller says the source is. */
  readonly claimed?: ImageFormat;
  /** It will be interpreted on the way. */
  readonly converting?: boolean;
}

/**
 * Examine both ends once, before any driver is asked. Whatever makes the copy impossible for every driver is found here: a
 * missing source, a destination that exists, a host that does not answer.
 */
export async function look(from: Endpoint, to: Endpoint, options: LookOptions, finder: HostFinder): Promise<Look> {
  const [source, destination] = await Promise.all([
    lookAtSource(from, finder.hostOf(from), options),
    lookAtDestination(to, finder.hostOf(to)),
  ]);
  await checkSame(source, destination, { from, to });
  checkDestination(destination, options.overwrite);
  return { from: withSharedFilesystem(source, destination), to: destination };
}

async function lookAtSource(from: Endpoint, host: Host | undefined, options: LookOptions): Promise<SourceLook> {
  if (!host) return lookWithoutHost(from, options);
  const { maxVirtualSize: maximumVirtualSize } = options;
  return onSide('source', from, async () => {
    const stat = await host.stat(from.path, { follow: true });
    const found = checkSource(from, stat);
    // Resolved once, so that a link changed under the copy cannot lead it elsewhere.
    const path = await resolve(host, from, from.path);
    if (!(await host.access(path, 'read'))) {
      throw new ImageError(`${from.href} may not be read: check its permissions`, { code: 'SOURCE_UNREADABLE', origin: 'source' });
    }
    const verdict = await examineOn(host, { path, size: found.size }, { maximumVirtualSize });
    return { endpoint: { ...atPath(from, path), facts: { ...factsOf(found), format: verdict.format } }, host, stat: found, verdict };
  });
}

async function lookWithoutHost(from: Endpoint, options: LookOptions): Promise<SourceLook> {
  const seen = isOnTheWeb(from) ? await lookAtWeb(from, options) : undefined;
  // What is named by its content is the same whoever has it.
  const identity = from.scheme === 'p2p' ? { identity: from.path } : {};
  return seen ?? { endpoint: { ...from, facts: opaqueFacts(from, options.claimed) }, ...identity };
}

/** Where nobody can look, the format is what the caller says; what a server of disks or a VM shows is a disk, byte for byte. */
function opaqueFacts({ scheme }: Endpoint, claimed: ImageFormat | undefined): Facts {
  const format = claimed ?? (showsDisks.has(scheme) ? 'raw' : undefined);
  return { kind: 'opaque', ...(format && { format }) };
}

const showsDisks: ReadonlySet<string> = new Set(['nbd', 'nbd+unix', 'qmp+unix']);

async function lookAtDestination(to: Endpoint, host: Host | undefined): Promise<DestinationLook> {
  if (!host) return { endpoint: { ...to, facts: { kind: 'opaque' } } };
  return onSide('destination', to, async () => {
    const followed = await host.stat(to.path, { follow: true });
    if (followed?.kind === 'block') return lookAtDevice(to, host, followed);
    const parent = posix.dirname(to.path);
    const { mode: directoryMode } = checkDirectory(to, parent, await host.stat(parent, { follow: true }));
    const directory = await resolve(host, to, parent);
    const path = posix.join(directory, posix.basename(to.path));
    const [stat, space, writable] = await Promise.all([host.stat(path), host.space(directory), host.access(directory, 'write')]);
    if (!writable) {
      throw new ImageError(`directory ${directory} of ${to.href} may not be written: check its permissions, or whether it is read-only`, {
        code: 'DESTINATION_UNWRITABLE',
        origin: 'destination',
      });
    }
    const directoryStat = stat ?? (await host.stat(directory));
    const facts: Facts = {
      ...(stat ? factsOf(stat) : { kind: 'absent' as const }),
      filesystem: space.filesystem,
      ...deviceOf(directoryStat),
    };
    const behindLink = stat?.kind === 'link' && followed ? { behindLink: followed } : {};
    return {
      endpoint: { ...atPath(to, path), facts },
      host,
      ...(stat && { stat }),
      ...behindLink,
      directory,
      directoryMode,
      free: space.free,
    };
  });
}

/** Block devices are mostly named through links (`/dev/vg/lv`, `/dev/disk/by-id/…`): those, and only those, are followed. */
async function lookAtDevice(to: Endpoint, host: Host, stat: PathStat): Promise<DestinationLook> {
  return { endpoint: { ...atPath(to, await resolve(host, to, to.path)), facts: factsOf(stat) }, host, stat };
}

/** What may not be typed may not be led to by a link either. */
async function resolve(host: Host, endpoint: Endpoint, path: string): Promise<string> {
  const found = await host.realPath(path);
  if (/\p{Cc}/u.test(found)) throw badPath(endpoint.href, `leads to ${showText(found)}, which holds a control character`, 'rename it');
  return found;
}

function factsOf(stat: PathStat): Facts {
  return { kind: stat.kind === 'block' ? 'block' : 'file', size: stat.size, allocated: stat.allocated, ...deviceOf(stat) };
}

function deviceOf(stat: PathStat | undefined): { device?: number } {
  return stat ? { device: Number(stat.device) } : {};
}

/** The source's filesystem need not be asked for where it is the destination's. */
function withSharedFilesystem(from: SourceLook, to: DestinationLook): SourceLook {
  const shared = from.host && from.host === to.host && from.endpoint.facts.device === to.endpoint.facts.device;
  const filesystem = to.endpoint.facts.filesystem;
  if (!shared || filesystem === undefined) return from;
  return { ...from, endpoint: { ...from.endpoint, facts: { ...from.endpoint.facts, filesystem } } };
}
