import type { AcceptedOffer, ImageFormat, Offer, OfferContext, TransferRequest } from '@image-api/driver';
import type { Mode } from '../../mode.ts';
import { plannedCommands } from '../../qemu-stream-args.ts';
import type { Settings } from '../../qemu-stream-options.ts';
import { limitsOf, speedOf } from '../job/job-runner.ts';
import { findDisk } from '../vm/find-disk.ts';
import { MonitorTurns, vmError } from '../vm/monitor-turns.ts';
import { whyUnreachable } from '../vm/reachable-socket.ts';
import { addTarget, mirrorOf } from './machine-steps.ts';
import { runCopyOut } from './run-copy-out.ts';

/** Bytes per second, from the machine through a socket into a file, measured on two cores. */
const bytesPerSecond = 250e6;
/** In these a hole that the machine tells of stays one. */
const formats: readonly (ImageFormat | undefined)[] = ['raw', 'qcow2', undefined];

/** A running machine's disk as it is at one moment, while the guest goes on. */
export function copyOutMode(settings: Settings): Mode {
  return {
    offer: (request, context) => offer(request, context, settings),
    transfer: (request, context) => runCopyOut(request, context, settings),
  };
}

async function offer(request: TransferRequest, context: OfferContext, settings: Settings): Promise<Offer> {
  const refusal = refusalOf(request, settings) ?? (await whyUnreachable(request.from));
  if (refusal !== undefined) return { accept: false, reason: refusal };
  try {
    const found = await new MonitorTurns(request.from, 'source').take(async (qmp) => {
      const disk = await findDisk(qmp, request.from, 'source');
      const nodes = await qmp.execute('query-named-block-nodes', { flat: true });
      const names = new Set(disk.layers.map(({ node }) => node));
      const taken = nodes
        .filter((node) => names.has(node['node-name'] ?? ''))
        .map(({ image }) => Number(image['actual-size'] ?? disk.size));
      return {
        node: disk.node,
        size: disk.size,
        data: Math.min(
          disk.size,
          taken.reduce((sum, bytes) => sum + bytes, 0),
        ),
      };
    });
    return accepted(request, context, settings, found);
  } catch (error) {
    throw vmError(error, request.from, 'source', true);
  }
}

function refusalOf({ to, toFormat, needs = [], held }: TransferRequest, { compress }: Settings): string | undefined {
  if (to.scheme !== 'file' || to.facts.kind === 'block') return 'copies running disks into files of this machine only';
  if (!formats.includes(toFormat)) return `copies a running disk to raw or qcow2: convert it to ${toFormat} from there`;
  if (compress) return 'cannot compress what a running machine writes: compress it from there';
  if (needs.includes('resume') || held === 'delta') return 'a running disk is another at every moment: an interrupted copy begins anew';
  return needs.includes('readyEarly') ? 'cannot make the copy of a running disk usable before it is complete' : undefined;
}

function accepted(
  { from, limits }: TransferRequest,
  { env }: OfferContext,
  settings: Settings,
  { node, size, data }: { readonly node: string; readonly size: number; readonly data: number },
): AcceptedOffer {
  const speed = speedOf(limits);
  return {
    accept: true,
    seconds: 0.5 + data / Math.min(bytesPerSecond, limits.bandwidth ?? Infinity),
    reason: 'copied by the machine itself, the guest goes on',
    commands: [
      ...plannedCommands(env.local.id, settings, [['blockdev-add', { driver: 'file', 'node-name': 'to-place' }]]),
      ...[addTarget(from, '$DIRECTORY/machine'), ['blockdev-mirror', mirrorOf(from, node, speed)] as const].map(([command, words]) => ({
        host: env.local.id,
        tool: 'qmp',
        args: [command, JSON.stringify(words)],
      })),
    ],
    ...(limits.bandwidth !== undefined && { limits: limitsOf(speed), charged: 'image' as const }),
    // Tables of a qcow2 are a small part of this.
    space: data + Math.ceil(size / 4096),
    notes: [
      'the copy is of the moment at which it is complete; what the guest writes until then is copied once more',
      'its filesystems are as after a power cut: they can be mounted, as journals are for that',
    ],
  };
}
