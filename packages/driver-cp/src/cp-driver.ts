import { defineDriver } from '@image-api/driver';
import type { Availability, Driver, Environment, TransferContext, TransferReport, TransferRequest } from '@image-api/driver';
import { cloneChance } from './clone-chance.ts';
import { copyToDevice } from './copy-to-device.ts';
import { copyToFile } from './copy-to-file.ts';
import { cpOffer, deviceTooSmall, refusal } from './cp-offer.ts';
import { cpOptions } from './cp-options.ts';
import type { CpOptions } from './cp-options.ts';

/**
 * Local copies: by `cp`, cloned where the filesystem can, holes kept; onto block devices by `dd`.
 *
 * @throws ImageError BAD_OPTION
 */
export function cp(options: CpOptions = {}): Driver {
  cpOptions(options);
  return defineDriver({
    specVersion: 1,
    id: 'cp',
    capabilities: { routes: [{ from: 'file', to: 'file' }], sparse: true, progress: 'bytes' },
    probe,
    async offer(request, { env, hosts, signal }) {
      const reason = refusal(request);
      if (reason !== undefined) return { accept: false, reason };
      const settings = cpOptions(options, request.driverOptions);
      const tooSmall = deviceTooSmall(request);
      if (tooSmall) throw tooSmall;
      const host = hosts.to ?? env.local;
      return cpOffer(request, settings.reflink === 'auto' ? await cloneChance(request, host, signal) : 'no', settings);
    },
    transfer: (request, context) => transfer(request, context, cpOptions(options, request.driverOptions)),
  });
}

async function probe({ local }: Environment): Promise<Availability> {
  const [cp, dd] = await Promise.all([local.tool('cp'), local.tool('dd')]);
  if (!cp.available) return { available: false, reason: cp.reason };
  if (!/coreutils/i.test(cp.about))
    return { available: false, reason: `needs cp of coreutils, for --reflink and --sparse; ${cp.path} is another` };
  const warnings = dd.available ? [] : [`block devices cannot be written: ${dd.reason}`];
  return { available: true, detail: `cp ${cp.version}`, ...(warnings.length > 0 && { warnings }) };
}

async function transfer(request: TransferRequest, context: TransferContext, settings: Required<CpOptions>): Promise<TransferReport> {
  const host = context.hosts.to ?? context.env.local;
  const job = { request, context, host, settings };
  const tooSmall = deviceTooSmall(request);
  if (tooSmall) throw tooSmall;
  if (request.to.facts.kind === 'block') return copyToDevice(job);
  return copyToFile(job, settings.reflink === 'auto' ? await cloneChance(request, host, context.signal) : 'no');
}
