import { defineDriver, ImageError } from '@image-api/driver';
import type {
  Availability,
  Driver,
  Environment,
  Offer,
  OfferContext,
  TransferContext,
  TransferReport,
  TransferRequest,
} from '@image-api/driver';
import { OfferedJobs } from './offered-jobs.ts';
import { sshOptions } from './ssh-options.ts';
import type { SshOptions } from './ssh-options.ts';

/**
 * Copies between this machine and an ssh host, or straight from one such host to another, through one session: only the data, packed where that pays.
 *
 * @throws ImageError BAD_OPTION
 */
export function ssh(options: SshOptions = {}): Driver {
  sshOptions(options);
  const offered = new OfferedJobs();
  return defineDriver({
    specVersion: 1,
    id: 'ssh',
    capabilities: {
      routes: [
        { from: 'file', to: 'ssh' },
        { from: 'ssh', to: 'file' },
        { from: 'ssh', to: 'ssh' },
      ],
      sparse: true,
      resume: true,
      delta: true,
      pause: true,
      limits: 'live',
      progress: 'bytes',
    },
    probe,
    offer: async (request, context) => offer(request, context, sshOptions(options, request.driverOptions), offered),
    transfer: async (request, context) => transfer(request, context, sshOptions(options, request.driverOptions), offered),
  });
}

async function probe({ local }: Environment): Promise<Availability> {
  const [perl, client] = await Promise.all([local.tool('perl'), local.tool('ssh')]);
  if (!perl.available) return { available: false, reason: perl.reason };
  if (!client.available) return { available: false, reason: client.reason };
  return { available: true, detail: `perl ${perl.version}, ssh of OpenSSH ${client.version}` };
}

/** Loaded for copies over ssh only. */
const preparing = () => import('./prepare-job.ts');

async function offer(request: TransferRequest, context: OfferContext, options: Required<SshOptions>, offered: OfferedJobs): Promise<Offer> {
  const [{ prepareJob }, { sshOffer }] = await Promise.all([preparing(), import('./ssh-offer.ts')]);
  const job = await prepareJob(request, context, options);
  if ('refusal' in job) return { accept: false, reason: job.refusal };
  offered.keep(request, job);
  return sshOffer(job, request);
}

async function transfer(
  request: TransferRequest,
  context: TransferContext,
  options: Required<SshOptions>,
  offered: OfferedJobs,
): Promise<TransferReport> {
  context.report({ phase: 'connect' });
  const [{ prepareJob }, { runSsh }, { wayLost }] = await Promise.all([preparing(), import('./run-ssh.ts'), import('./ssh-errors.ts')]);
  const job = offered.take(request, context) ?? (await prepareJob(request, context, options));
  if ('refusal' in job) throw job.between ? wayLost(job.refusal, job.between, request.held === undefined) : cannotAnyMore(job.refusal);
  return { counters: await runSsh({ job, request, context, options }) };
}

function cannotAnyMore(reason: string): ImageError {
  const words = `ssh cannot do it any more: ${reason}; install what is missing, or use another driver`;
  return new ImageError(words, { code: 'TOOL_MISSING', origin: 'driver', driver: 'ssh', untouched: true });
}
