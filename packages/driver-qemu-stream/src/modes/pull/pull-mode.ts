import type { AcceptedOffer, Offer, OfferContext, TransferRequest } from '@image-api/driver';
import type { Mode } from '../../mode.ts';
import type { Settings } from '../../qemu-stream-options.ts';
import { limitsOf, speedOf } from '../job/job-runner.ts';
import { jobIdOf } from '../vm/job-id.ts';
import { MonitorTurns, vmError } from '../vm/monitor-turns.ts';
import { findPull } from './find-pull.ts';
import type { PullWay } from './pull-way.ts';
import { runPull } from './run-pull.ts';

/** Bytes per second of `block-stream`, measured on two cores. */
const bytesPerSecond = 300e6;

/** What is below a running machine's disk is copied into it, by the machine's own QEMU, so that the disk needs it no more. */
export function pullMode(settings: Settings): Mode {
  return {
    offer: (request, context) => offer(request, context, settings),
    transfer: (request, context) => runPull(request, context, settings),
  };
}

async function offer(request: TransferRequest, context: OfferContext, settings: Settings): Promise<Offer> {
  const { from, to, toFormat } = request;
  if (from.scheme !== 'file') return { accept: false, reason: `pulls images of this machine into a running disk, not ${from.scheme}` };
  if (toFormat !== undefined) return { accept: false, reason: 'a running disk keeps its format: leave --to-format out' };
  try {
    const found = await new MonitorTurns(to, 'destination').take((qmp) => findPull(qmp, request, context, settings));
    return 'refusal' in found ? { accept: false, reason: found.refusal } : accepted(request, found);
  } catch (error) {
    throw vmError(error, to, 'destination', true);
  }
}

function accepted({ from: { facts }, to, limits }: TransferRequest, way: PullWay): AcceptedOffer {
  const bytes = Math.min(facts.allocated ?? way.size, way.size);
  const speed = speedOf(limits);
  const words = { 'job-id': jobIdOf('pull', to), device: way.into, ...(way.base && { 'base-node': way.base.node }), speed };
  return {
    accept: true,
    seconds: 0.3 + bytes / Math.min(bytesPerSecond, limits.bandwidth ?? Infinity),
    reason: `pulled by the machine itself; ${way.pulled.join(', ')} ${way.pulled.length > 1 ? 'are' : 'is'} needed no more`,
    commands: [{ host: 'local', tool: 'qmp', args: ['block-stream', JSON.stringify(words)] }],
    ...(limits.bandwidth !== undefined && { limits: limitsOf(speed), charged: 'image' as const }),
    space: 0,
    notes: [
      way.base ? `${way.base.path} stays below it` : 'nothing stays below it',
      'if this process dies, the machine goes on pulling; the same copy finds its job again',
    ],
  };
}
