import { defineDriver } from '@image-api/driver';
import type { Availability, Driver, Environment, TransferContext, TransferReport, TransferRequest } from '@image-api/driver';
import { cloneChance } from '@image-api/host';
import { copyToDevice } from './copy-to-device.ts';
import { copyToFile } from './copy-to-file.ts';
import { cpOffer, deviceTooSmall, refusal } from './cp-offer.ts';
import { cpOptions } from './cp-options.ts';
import type { CpOptions } from './cp-options.ts';

/**
 * Local copies: cloned by `cp` where the filesystem can, else piece by piece by this process, past the page cache, holes kept.
 *
 * @throws ImageError BAD_OPTION
 */
export function cp(options: CpOptions = {}): Driver {
  cpOptions(options);
  return defineDriver({
    specVersion: 1,
    id: 'cp',
    capabilities: {
      routes: [{ from: 'file', to: 'file' }],
      sparse: true,
      resume: true,
      pause: true,
      limits: 'live',
      progress: 'bytes',
      idle: true,
      hashes: true,
    },
    probe,
    async offer(request, { env, hosts, signal }) {
      const reason = refusal(request);
      if (reason !== undefined) return { accept: false, reason };
      const settings = cpOptions(options, request.driverOptions);
      const tooSmall = deviceTooSmall(request);
      if (tooSmall) throw tooSmall;
      const host = hosts.to ?? env.local;
      return cpOffer(request, settings.reflink === 'auto' ? await cloneChance(request, host, signal) : 'no');
    },
    transfer: (request, context) => transfer(request, context, cpOptions(options, request.driverOptions)),
  });
}

/** Nothing is needed but this process. */
async function probe({ local }: Environment): Promise<Availability> {
  const [cp, perl] = await Promise.all([local.tool('cp'), local.tool('perl')]);
  const cloning = cp.available && /coreutils/i.test(cp.about);
  const warnings = [
    ...(cloning ? [] : [`nothing can be cloned: ${cp.available ? `needs cp of coreutils, and ${cp.path} is another` : cp.reason}`]),
    ...(perl.available ? [] : [`holes are told by reading their zeros, which takes longer: ${perl.reason}`]),
  ];
  return { available: true, detail: cloning ? `cp ${cp.version}` : 'no clones', ...(warnings.length > 0 && { warnings }) };
}

async function transfer(request: TransferRequest, context: TransferContext, settings: Required<CpOptions>): Promise<TransferReport> {
  const host = context.hosts.to ?? context.env.local;
  const job = { request, context, host, settings };
  const tooSmall = deviceTooSmall(request);
  if (tooSmall) throw tooSmall;
  if (request.to.facts.kind === 'block') return copyToDevice(job);
  return copyToFile(job, settings.reflink === 'auto' ? await cloneChance(request, host, context.signal) : 'no');
}
