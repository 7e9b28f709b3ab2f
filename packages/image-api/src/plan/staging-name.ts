import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import type { Look } from '../look/look.ts';

/** Longest part of the destination's own name inside a staging name: with the rest it stays below the 255 bytes of a name. */
const maximumBaseBytes = 200;
/** What stands for the rest of a name that is longer. */
const digestLength = 16;

/** What makes the bytes of one copy different from those of another of the same source. */
export interface StagingWay {
  readonly toFormat: string | undefined;
  /** It begins as a clone of the old image. */
  readonly delta: boolean;
  /** It is usable before it is complete, and so laid out in another way. */
  readonly readyEarly?: boolean;
}

/**
 * The private name beside the destination under which bytes arrive: `.<name>.<fingerprint>.part`.
 *
 * It is a function of the copy and of the source's state, not random: a plan can show it beforehand, the same copy started
 * again finds what an interrupted one left, and a second copy of the same at the same time finds it held.
 */
export function stagingPath(look: Look, way: StagingWay): string {
  const { endpoint } = look.to;
  return posix.join(posix.dirname(endpoint.path), `${stagingPrefix(endpoint.path)}.${fingerprint(look, way)}.part`);
}

/**
 * How the names of all staging files for one destination begin, whatever is copied there: other copies to it, and what dead ones left,
 * are found by it.
 */
export function stagingPrefix(path: string): string {
  const name = posix.basename(path);
  if (Buffer.byteLength(name) <= maximumBaseBytes) return `.${name}`;
  return `.${cutToBytes(name, maximumBaseBytes - 1 - digestLength)}~${shortDigest(name)}`;
}

/** Changes whenever the source is not the one it was, so that a resumed copy never mixes two of them. */
function fingerprint({ from, to }: Look, { toFormat, delta, readyEarly }: StagingWay): string {
  // No device number: it may differ after a reboot.
  const state = from.stat ? [from.stat.inode, from.stat.size, from.stat.modifiedNs, from.stat.changedNs] : from.identity;
  const identity = [from.endpoint.href, state ?? null, posix.basename(to.endpoint.path), toFormat ?? null, delta];
  return shortDigest(JSON.stringify(readyEarly ? [...identity, 'readyEarly'] : identity));
}

function shortDigest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, digestLength);
}

function cutToBytes(text: string, bytes: number): string {
  let cut = text;
  while (Buffer.byteLength(cut) > bytes) cut = Array.from(cut).slice(0, -1).join('');
  return cut;
}
