import { readFile } from 'node:fs/promises';
import { defineDriver, ImageError } from '@image-api/driver';
import type { Capabilities, Driver, Offer, TransferContext, TransferReport, TransferRequest } from '@image-api/driver';
import { copyPiecewise } from './piecewise-copy.ts';

/** All that can be claimed within one process. */
export const everything: Capabilities = {
  routes: [{ from: 'file', to: 'file' }],
  convert: { from: ['raw'], to: ['qcow2', 'vdi'] },
  sparse: true,
  resume: true,
  delta: true,
  readyEarly: true,
  pause: true,
  limits: 'live',
  progress: 'bytes',
  hashes: true,
  cache: true,
};

/** Claims nothing. */
export const nothing: Capabilities = { routes: everything.routes };

/** A driver that keeps every promise it makes, and makes those it is told to. */
export function perfect(claims: Capabilities): Driver {
  const near = new Map<string, Buffer>();
  return defineDriver({
    specVersion: 1,
    id: 'perfect',
    capabilities: structuredClone(claims),
    probe: () => Promise.resolve({ available: true, detail: 'part of the test' }),
    offer: async (request) => offer(request, claims),
    transfer: (request, context) => {
      if (request.toFormat) return convert(request, context, request.toFormat);
      return copyPiecewise({ request, context, claims, cached: near.get(request.from.href) });
    },
    ...(claims.cache && {
      fill: async ({ from }: TransferRequest) => {
        near.set(from.href, await readFile(from.path));
        return { counters: {} };
      },
    }),
    dispose: async () => near.clear(),
  });
}

function offer(request: TransferRequest, claims: Capabilities): Offer {
  for (const name of Object.keys(request.driverOptions)) {
    throw new ImageError(`perfect has no option ${name}; it takes none`, { code: 'BAD_OPTION', origin: 'caller', untouched: true });
  }
  const reason = refusal(request, claims);
  if (reason !== undefined) return { accept: false, reason };
  const { bandwidth } = request.limits;
  return {
    accept: true,
    seconds: (request.from.facts.size ?? 0) / (bandwidth ?? 500e6),
    reason: 'piece by piece',
    commands: [],
    ...(bandwidth !== undefined && { limits: { bandwidth }, charged: 'image' as const }),
  };
}

function refusal({ from, to, limits, held, toFormat }: TransferRequest, claims: Capabilities): string | undefined {
  if (from.scheme !== 'file' || to.scheme !== 'file') return `copies files only, not from ${from.scheme} to ${to.scheme}`;
  if (limits.bandwidth !== undefined && !claims.limits) return 'cannot hold a limit';
  if (held && !claims[held]) return `does not know how to ${held}`;
  return toFormat && !claims.convert?.to.includes(toFormat) ? `cannot convert to ${toFormat}` : undefined;
}

async function convert({ from, to }: TransferRequest, { env, signal }: TransferContext, toFormat: string): Promise<TransferReport> {
  const args = ['convert', '-f', from.facts.format ?? 'raw', '-O', toFormat, from.path, to.path];
  const { exitCode, stderr } = await env.local.run('qemu-img', args, { signal });
  if (exitCode === 0) return { counters: {} };
  throw new ImageError(`cannot convert ${from.href}: ${stderr}`, { code: 'TOOL_FAILED', origin: 'driver' });
}
