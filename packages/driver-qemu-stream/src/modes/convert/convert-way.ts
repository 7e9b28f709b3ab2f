import type { Host, ImageFormat, KnownEndpoint, Need, SshAccess, TransferRequest } from '@image-api/driver';
import type { SourceAt, StreamFrom } from '../../keeper/messages.ts';
import type { Settings } from '../../qemu-stream-options.ts';
import { exportPlace } from '../nbd/look-at-export.ts';
import type { ExportPlace } from '../nbd/look-at-export.ts';
import { sourceAt } from '../stream/stream-from.ts';
import { canCompress, formatsMade, formatsRead } from './image-layout.ts';

/** Where an image is kept, that QEMU opens itself. */
export type Place = { readonly kind: 'file' | 'host_device'; readonly path: string } | ({ readonly kind: 'nbd' } & ExportPlace);

/** Where only we go, and serve the image to QEMU. */
export interface RemotePlace {
  readonly kind: 'remote';
  readonly source: Exclude<StreamFrom, SourceAt>;
}

/** How a whole image is to be copied. */
export interface ConvertWay<From = Place | RemotePlace> {
  readonly from: From;
  readonly to: Place;
  /** As which the source is opened. `raw` where bytes are to arrive as they are. */
  readonly fromFormat: ImageFormat;
  readonly toFormat: ImageFormat;
  readonly compress: boolean;
  /** Bytes of a source that is copied as it is, where that is known: QEMU itself counts in sectors. */
  readonly exactSize?: number;
}

const sector = 512;

/**
 * How a copy can be done; else why it cannot, in words a user can act on. Pure.
 *
 * @param host of the source, where it has one
 */
export function convertWay(
  request: TransferRequest,
  { compress }: Pick<Settings, 'compress'>,
  host?: Pick<Host, 'ssh'>,
): ConvertWay | { readonly refusal: string } {
  const refusal = refusalOf(request, compress);
  if (refusal !== undefined) return { refusal };
  const { from, to, toFormat } = request;
  const isAsItIs = toFormat === undefined;
  const fromFormat = isAsItIs ? 'raw' : (from.facts.format ?? 'raw');
  const place = isRemote(from) ? remotePlace(from, fromFormat, host?.ssh) : placeOf(from);
  if ('refusal' in place) return place;
  return {
    from: place,
    to: placeOf(to),
    fromFormat,
    toFormat: toFormat ?? 'raw',
    compress,
    ...(isAsItIs && from.facts.size !== undefined && { exactSize: from.facts.size }),
  };
}

/** Whether what is there is written over, and nothing is renamed. */
export function isInPlace({ to }: Pick<ConvertWay, 'to'>): boolean {
  return to.kind !== 'file';
}

export function isNbd({ scheme }: Pick<KnownEndpoint, 'scheme'>): boolean {
  return scheme === 'nbd' || scheme === 'nbd+unix';
}

function isRemote({ scheme }: KnownEndpoint): boolean {
  return scheme === 'ssh' || scheme === 'http' || scheme === 'https';
}

function remotePlace(from: KnownEndpoint, format: ImageFormat, access: SshAccess | undefined): RemotePlace | { readonly refusal: string } {
  const found = sourceAt(from, format, access);
  if ('refusal' in found) return found;
  const { source } = found;
  return source.kind === 'web' || source.kind === 'ssh'
    ? { kind: 'remote', source }
    : { refusal: `cannot read whole images from ${from.scheme}` };
}

function placeOf(endpoint: KnownEndpoint): Place {
  if (isNbd(endpoint)) return { kind: 'nbd', ...exportPlace(endpoint) };
  return { kind: endpoint.facts.kind === 'block' ? 'host_device' : 'file', path: endpoint.path };
}

function refusalOf(request: TransferRequest, compress: boolean): string | undefined {
  const { from, to, toFormat, held, needs = [] } = request;
  if (from.scheme !== 'file' && !isNbd(from) && !isRemote(from)) return `cannot read whole images from ${from.scheme}`;
  if (to.scheme !== 'file' && !isNbd(to)) return `cannot write whole images to ${to.scheme}`;
  if (held === 'delta') return 'cannot send only what differs';
  const need = needs.find((name) => unkept[name] !== undefined);
  if (need !== undefined) return unkept[need];
  if (isRemote(from) && toFormat === undefined && from.facts.size === undefined) return `the size of ${from.href} is not told`;
  return refusalOfFormats(from, toFormat, compress) ?? refusalInPlace(request);
}

/** What the driver claims for its other ways. */
const unkept: Partial<Record<Need, string>> = {
  resume: 'cannot go on from what an interrupted copy of a whole image left',
  readyEarly: 'cannot make a whole copy usable before it is complete',
};

function refusalOfFormats(
  { href, facts: { format } }: KnownEndpoint,
  toFormat: ImageFormat | undefined,
  compress: boolean,
): string | undefined {
  if (compress && toFormat === undefined) return 'compresses only where it converts: leave compress out, or say another format';
  if (toFormat === undefined) return undefined;
  if (format === undefined) return `the format of ${href} is not known, and never guessed: say it (--format)`;
  if (!formatsRead.includes(format)) return `cannot read ${format}`;
  if (!formatsMade.includes(toFormat)) return `cannot make ${toFormat}`;
  return compress && !canCompress(toFormat) ? `${toFormat} cannot be compressed: qcow2 and vmdk can` : undefined;
}

/** A disk that is served, or a block device, holds what a guest sees. */
function refusalInPlace({ from, to, toFormat }: TransferRequest): string | undefined {
  if (to.scheme === 'file' && to.facts.kind !== 'block') return undefined;
  if (toFormat !== undefined && toFormat !== 'raw') return `writes ${toFormat} into files only: say --to-format raw`;
  const { size = 0 } = from.facts;
  return toFormat === undefined && size % sector !== 0
    ? `writes whole sectors of ${sector} bytes, and ${from.href} has ${size} bytes`
    : undefined;
}
