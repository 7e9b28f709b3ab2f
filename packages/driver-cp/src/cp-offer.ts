import { ImageError } from '@image-api/driver';
import type { AcceptedOffer, Facts, TransferRequest } from '@image-api/driver';
import type { CloneChance } from '@image-api/host';
import { cloneCommand } from './cp-args.ts';

/** What an ordinary disk does; the network drivers' estimates are on the same scale. */
const bytesPerSecond = 400e6;
const idleBytesPerSecond = 200e6;
const startSeconds = 0.02;
const cloneSeconds = 0.05;

/** Why cp will not do it; `undefined` when it will. */
export function refusal({ from, to, toFormat, held, priority }: TransferRequest): string | undefined {
  if (from.scheme !== 'file' || to.scheme !== 'file') return `copies within this machine only, not from ${from.scheme} to ${to.scheme}`;
  if (toFormat !== undefined) return `cannot convert to ${toFormat}`;
  if (priority === 'idle' && process.platform !== 'linux') return 'cannot copy at idle priority on this system, only on Linux';
  return held === 'delta' ? 'cannot send only what differs' : undefined;
}

/** The copy is impossible for anybody when the image does not fit onto the device. */
export function deviceTooSmall({ from, to, name }: TransferRequest): ImageError | undefined {
  const needed = from.facts.size ?? 0;
  const size = to.facts.size ?? 0;
  if (to.facts.kind !== 'block' || needed <= size) return undefined;
  return new ImageError(`${name.href} is too small: ${from.href} has ${needed} bytes, the device has ${size}; choose a larger device`, {
    code: 'NO_SPACE',
    origin: 'destination',
    driver: 'cp',
    untouched: true,
    details: { needed, size },
  });
}

/** What will be done, how long it takes, and what to know of it beforehand. */
export function cpOffer(request: TransferRequest, chance: CloneChance): AcceptedOffer {
  const onto = request.to.facts.kind === 'block' ? ontoDevice(request) : intoFile(request, chance);
  const notes = [...(onto.notes ?? []), ...(request.priority === 'idle' ? [idleNote] : [])];
  const { bandwidth } = request.limits;
  const limited = bandwidth === undefined ? {} : ({ limits: { bandwidth }, charged: 'image' } as const);
  return { accept: true, ...onto, commands: onto.commands ?? [], ...(notes.length > 0 && { notes }), ...limited };
}

const idleNote = 'idle: by a thread of the lowest priority, in small pieces, one at a time and past the page cache';

type Way = Pick<AcceptedOffer, 'seconds' | 'reason' | 'space' | 'notes'> & Partial<Pick<AcceptedOffer, 'commands'>>;

function intoFile(request: TransferRequest, chance: CloneChance): Way {
  if (chance === 'no') return byCopy(request);
  const filesystem = request.to.facts.filesystem ?? 'its filesystem';
  const commands = [{ host: 'local', ...cloneCommand(request) }];
  if (chance === 'maybe') return { ...byCopy(request), reason: `cloned where ${filesystem} allows it, else copied`, commands };
  return {
    seconds: cloneSeconds,
    reason: `cloned on ${filesystem}: no data is moved`,
    space: 0,
    // A single file may still be refused, whatever its filesystem can.
    notes: [`if ${filesystem} refuses to clone, all data is copied by this process, and needs room`],
    commands,
  };
}

function byCopy(request: TransferRequest): Way {
  const data = dataIn(request.from.facts);
  const reason =
    request.verify === 'sha256' ? 'copied by this process and hashed on the way, holes kept' : 'copied by this process, holes kept';
  return { seconds: copySeconds(data, request), reason, space: data };
}

function ontoDevice(request: TransferRequest): Way {
  const size = request.from.facts.size ?? 0;
  const more = (request.to.facts.size ?? 0) - size;
  const notes = ['the device is written in place; its first MiB is wiped first and written last, so that a torn copy has no header'];
  if (more > 0) notes.push(`the last ${more} bytes of the device keep what they hold`);
  return { seconds: copySeconds(size, request), reason: 'written onto the device by this process', space: size, notes };
}

/** Bytes that must be moved. How much of a device is zeros is not known. */
function dataIn({ kind, size = 0, allocated = size }: Facts): number {
  return kind === 'block' ? size : Math.min(size, allocated);
}

function copySeconds(bytes: number, { limits, priority }: TransferRequest): number {
  const most = priority === 'idle' ? idleBytesPerSecond : bytesPerSecond;
  return startSeconds + bytes / Math.min(most, limits.bandwidth ?? most);
}
