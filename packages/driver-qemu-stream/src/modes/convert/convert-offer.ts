import { ImageError } from '@image-api/driver';
import type { AcceptedOffer, Offer, OfferContext, TransferRequest } from '@image-api/driver';
import type { Settings } from '../../qemu-stream-options.ts';
import { limitsOf, speedOf } from '../job/job-runner.ts';
import { lookAtExport } from '../nbd/look-at-export.ts';
import { headerFlaw, headerLength } from '../../keeper/header-flaw.ts';
import { convertCommands } from './convert-commands.ts';
import { isInPlace, isNbd } from './convert-way.ts';
import type { ConvertWay } from './convert-way.ts';

/** Bytes per second, measured on two cores; the other drivers' estimates are on the same scale. */
const rates = { disk: 250e6, nbd: 120e6, remote: 90e6, compressing: 60e6, vmdk: 25e6 } as const;
/** A daemon is started and its graph is built. */
const startSeconds = 0.25;

/**
 * What will be done, how long it takes, and what to know of it beforehand. Asks NBD servers for their exports.
 *
 * @throws ImageError where the copy cannot be for anybody
 */
export async function convertOffer(way: ConvertWay, request: TransferRequest, context: OfferContext, settings: Settings): Promise<Offer> {
  const flaw = await flawOf(way, context);
  if (flaw !== undefined) return { accept: false, reason: flaw };
  const size = await sizeOfSource(request, context);
  if (isNbd(request.to)) await checkExport(request, size, context);
  const data = dataIn(request, size);
  return {
    accept: true,
    seconds: startSeconds + data / Math.min(rateOf(way, request), request.limits.bandwidth ?? Infinity),
    reason: reasonOf(way, request),
    commands: convertCommands(way, speedOf(request.limits), settings.sourceLossMs / 1000, settings),
    ...limitOf(request),
    ...(isInPlace(way) ? {} : { space: way.compress ? 0 : data }),
    ...notesOf(way, request),
  };
}

/** What a header names is never opened. */
async function flawOf({ from, fromFormat }: ConvertWay, { env, hosts }: OfferContext): Promise<string | undefined> {
  if (fromFormat !== 'qcow2' || from.kind === 'nbd' || from.kind === 'remote') return undefined;
  const [header] = await (hosts.from ?? env.local).read(from.path, [{ offset: 0, length: headerLength }]);
  return headerFlaw(header ?? new Uint8Array());
}

async function sizeOfSource({ from }: TransferRequest, { signal }: OfferContext): Promise<number> {
  return isNbd(from) ? (await lookAtExport(from, 'source', signal)).size : (from.facts.size ?? 0);
}

/**
 * No host can look there, so what the core does elsewhere is done here: an export is always there, and something may be on it.
 *
 * @throws ImageError DESTINATION_EXISTS, DESTINATION_UNWRITABLE, NO_SPACE
 */
async function checkExport({ name, from, overwrite, toFormat }: TransferRequest, size: number, { signal }: OfferContext): Promise<void> {
  const fault = (code: 'DESTINATION_EXISTS' | 'DESTINATION_UNWRITABLE' | 'NO_SPACE', message: string): ImageError =>
    new ImageError(message, { code, origin: 'destination', driver: 'qemu-stream', untouched: true });
  const found = await lookAtExport(name, 'destination', signal);
  if (overwrite !== 'replace')
    throw fault(
      'DESTINATION_EXISTS',
      `${name.href} is a disk that is served, its content would be lost: add --overwrite replace (overwrite: 'replace')`,
    );
  if (found.isReadOnly) throw fault('DESTINATION_UNWRITABLE', `${name.href} is served for reading only: have it served writable`);
  // How large the disk in an image of another format is, is seen when it is opened.
  if (toFormat === undefined && found.size < size)
    throw fault('NO_SPACE', `${name.href} is too small: ${from.href} has ${size} bytes, the export has ${found.size}; choose a larger one`);
}

/** Bytes that must be moved. */
function dataIn({ from: { facts } }: TransferRequest, size: number): number {
  return facts.kind === 'file' ? Math.min(size, facts.allocated ?? size) : size;
}

function rateOf({ compress, toFormat, from: { kind } }: ConvertWay, { from, to }: TransferRequest): number {
  if (toFormat === 'vmdk') return rates.vmdk;
  if (compress) return rates.compressing;
  if (kind === 'remote') return rates.remote;
  return isNbd(from) || isNbd(to) ? rates.nbd : rates.disk;
}

function reasonOf({ compress, fromFormat, toFormat }: ConvertWay, request: TransferRequest): string {
  const what = compress ? `compressed ${toFormat}` : toFormat;
  if (request.toFormat !== undefined) return `${fromFormat} turned into ${what} by QEMU, holes kept`;
  return isNbd(request.from) || isNbd(request.to) ? 'copied by QEMU, which speaks NBD' : 'copied by QEMU, holes kept';
}

function limitOf({ limits }: TransferRequest): Pick<AcceptedOffer, 'limits' | 'charged'> {
  return limits.bandwidth === undefined ? {} : { limits: limitsOf(speedOf(limits)), charged: 'image' };
}

function notesOf(way: ConvertWay, { from, verify, to }: TransferRequest): { readonly notes?: readonly string[] } {
  const notes = [
    ...(isInPlace(way) ? ['written in place; its first MiB is wiped first and written last, so that a torn copy has no header'] : []),
    ...(verify === 'sha256' && (isNbd(from) || isNbd(to))
      ? ['all of the served disk is read once more for its checksum, within the limit']
      : []),
  ];
  return notes.length > 0 ? { notes } : {};
}
