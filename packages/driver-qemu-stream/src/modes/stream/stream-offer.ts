import type { AcceptedOffer, Facts, Offer, OfferContext, TransferRequest } from '@image-api/driver';
import { names, overlayNode, servedNode } from '../../keeper/overlay-node.ts';
import { exportOf, sourceNodes } from '../../keeper/build-graph.ts';
import { writtenBitmap } from '../../keeper/overlay-map.ts';
import type { SourceAt, StreamFrom } from '../../keeper/messages.ts';
import { plannedCommands } from '../../qemu-stream-args.ts';
import type { QmpStep } from '../../qemu-stream-args.ts';
import type { Settings } from '../../qemu-stream-options.ts';
import { headerFlaw, headerLength } from '../../keeper/header-flaw.ts';
import { isNbd } from '../convert/convert-way.ts';
import { lookAtExport } from '../nbd/look-at-export.ts';
import { streamFrom } from './stream-from.ts';

/** Bytes per second of the background, measured on two cores. */
const rates = { file: 350e6, host_device: 350e6, nbd: 200e6, web: 100e6, ssh: 80e6 } as const;
/** Until it can be used. */
const readySeconds = 0.3;
/** Tables of a qcow2 image: eight bytes for a cluster of 64 KiB, two of its count, and what there is of them at least. */
const tables = (size: number): number => Math.ceil(size / 6000) + 2 ** 20;

/** The daemon's `speed`, whole bytes per second and never none. */
export function speedOf(bandwidth: number | undefined): number {
  return bandwidth === undefined ? 0 : Math.max(1, Math.floor(bandwidth));
}

/** Whether an image can be handed out before it has arrived, and how. */
export async function streamOffer(request: TransferRequest, context: OfferContext, settings: Settings): Promise<Offer> {
  const found = streamFrom(request, context.hosts.from);
  if ('refusal' in found) return { accept: false, reason: found.refusal };
  const reason = await flawOf(found.source, context);
  if (reason !== undefined) return { accept: false, reason };
  // What only a driver can look at: its server is asked, whose refusal is told in better words than QEMU's.
  const facts = isNbd(request.from) ? await lookAtExport(request.from, 'source', context.signal) : request.from.facts;
  return accepted(request, context, found.source, settings, facts);
}

async function flawOf(source: StreamFrom, { env, hosts }: OfferContext): Promise<string | undefined> {
  const path = source.kind === 'ssh' ? source.file.path : 'path' in source ? source.path : undefined;
  if (source.format !== 'qcow2' || path === undefined) return undefined;
  const [header] = await (hosts.from ?? env.local).read(path, [{ offset: 0, length: headerLength }]);
  return headerFlaw(header ?? new Uint8Array());
}

function accepted(
  request: TransferRequest,
  { env }: OfferContext,
  source: StreamFrom,
  settings: Settings,
  { size = 0, allocated = size }: Pick<Facts, 'size' | 'allocated'>,
): AcceptedOffer {
  const bytes = Math.min(size, allocated);
  const limit = request.limits.bandwidth === undefined ? undefined : speedOf(request.limits.bandwidth);
  const lazy = settings.stream === 'never';
  return {
    accept: true,
    seconds: readySeconds + (lazy ? 0 : bytes / Math.min(rates[source.kind], limit ?? Infinity)),
    reason: lazy ? 'usable at once; only what is read is fetched' : 'usable at once; the rest comes behind it',
    commands: plannedCommands(env.local.id, { memory: settings.memory }, steps(request, source, settings)),
    ...(limit !== undefined && { limits: { bandwidth: limit }, charged: 'image' as const }),
    space: bytes + tables(size),
    notes: notesOf(settings, limit),
  };
}

function steps(request: TransferRequest, source: StreamFrom, { writable, sourceLossMs, stream }: Settings): QmpStep[] {
  const speed = speedOf(request.limits.bandwidth);
  return [
    ...sourceNodes(atFor(source), sourceLossMs).map((node): QmpStep => ['blockdev-add', node]),
    ['blockdev-create', { options: { driver: 'qcow2', file: names.overlayFile } }],
    ['blockdev-add', overlayNode(names.source)],
    ['blockdev-add', servedNode()],
    ...(writable ? [['block-dirty-bitmap-add', { node: names.served, name: writtenBitmap }] satisfies QmpStep] : []),
    ['block-export-add', exportOf(writable)],
    ...(stream === 'never' ? [] : [['block-stream', { device: names.overlay, speed }] satisfies QmpStep]),
  ];
}

/** What only we go to is served to the daemon. */
function atFor(source: StreamFrom): SourceAt {
  if (source.kind !== 'web' && source.kind !== 'ssh') return source;
  return { kind: 'nbd', at: { path: '$DIRECTORY/source' }, exportName: 'source', format: source.format };
}

function notesOf({ stream, writable }: Settings, limit: number | undefined): string[] {
  return [
    ...(limit === undefined || stream === 'never'
      ? []
      : ['the limit is that of the background: what a guest reads is fetched at once, outside of it, and counted apart']),
    ...(writable ? ['a guest can write to it, so it is verified by its own soundness and not compared with the source'] : []),
    ...(stream === 'never' ? ['it is not published: what was read is kept for another time'] : []),
    'served at a socket that only this user can reach',
  ];
}
