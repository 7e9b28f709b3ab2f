import { ImageError } from '@image-api/driver';
import type { AcceptedOffer, Facts, TransferRequest } from '@image-api/driver';
import type { CloneChance } from './clone-chance.ts';
import { cpCommand, ddCommands } from './cp-args.ts';
import type { CpOptions } from './cp-options.ts';

/** What an ordinary disk does; the network drivers' estimates are on the same scale. */
const bytesPerSecond = 400e6;
const startSeconds = 0.02;
const cloneSeconds = 0.05;

/** Why cp will not do it; `undefined` when it will. */
export function refusal({ from, to, limits, toFormat, held }: TransferRequest): string | undefined {
  if (from.scheme !== 'file' || to.scheme !== 'file') return `copies within this machine only, not from ${from.scheme} to ${to.scheme}`;
  if (limits.bandwidth !== undefined) return 'cannot hold a limit';
  if (toFormat !== undefined) return `cannot convert to ${toFormat}`;
  if (held === 'resume') return 'cannot go on from an interrupted copy';
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

/** What cp will do, how long it takes, and what to know of it beforehand. */
export function cpOffer(request: TransferRequest, chance: CloneChance, { reflink }: Required<CpOptions>): AcceptedOffer {
  const onto = request.to.facts.kind === 'block' ? ontoDevice(request) : intoFile(request, chance, reflink);
  const commands = onto.commands.map((command) => ({ host: 'local', ...command }));
  return { accept: true, ...onto, commands };
}

type Way = Pick<AcceptedOffer, 'seconds' | 'reason' | 'space' | 'notes'> & { readonly commands: ReturnType<typeof ddCommands> };

function intoFile(request: TransferRequest, chance: CloneChance, reflink: 'auto' | 'never'): Way {
  if (chance === 'yes') return byClone(request);
  const filesystem = request.to.facts.filesystem;
  const data = dataIn(request.from.facts);
  return {
    seconds: copySeconds(data),
    reason: chance === 'maybe' ? `cloned where ${filesystem} allows it, else copied` : 'copied on this machine, holes kept',
    space: data,
    commands: [cpCommand(request, reflink)],
  };
}

/** A single file may still be refused, whatever its filesystem can: then it is copied after all. */
function byClone(request: TransferRequest): Way {
  const filesystem = request.to.facts.filesystem;
  return {
    seconds: cloneSeconds,
    reason: `cloned on ${filesystem}: no data is moved`,
    space: 0,
    notes: [`the second command runs only if ${filesystem} refuses the first: all data is copied then, and needs room`],
    commands: [cpCommand(request, 'always'), cpCommand(request, 'auto')],
  };
}

function ontoDevice(request: TransferRequest): Way {
  const size = request.from.facts.size ?? 0;
  const more = (request.to.facts.size ?? 0) - size;
  const notes = ['the device is written in place; its first MiB is wiped first and written last, so that a torn copy has no header'];
  if (more > 0) notes.push(`the last ${more} bytes of the device keep what they hold`);
  return { seconds: copySeconds(size), reason: 'written onto the device', space: size, notes, commands: ddCommands(request) };
}

/** Bytes that must be moved. How much of a device is zeros is not known. */
function dataIn({ kind, size = 0, allocated = size }: Facts): number {
  return kind === 'block' ? size : Math.min(size, allocated);
}

function copySeconds(bytes: number): number {
  return startSeconds + bytes / bytesPerSecond;
}
