import { defineDriver, ImageError } from '@image-api/driver';
import type { Driver, TransferRequest } from '@image-api/driver';
import { errnoFromText, fileError } from '@image-api/host';

/** A driver that lets a tool do the work, at idle priority where that is asked for. */
export function byTool(niceness = 19): Driver {
  return defineDriver({
    specVersion: 1,
    id: 'by-tool',
    capabilities: { routes: [{ from: 'file', to: 'file' }], idle: true },
    probe: async ({ local }) => {
      const cp = await local.tool('cp');
      return cp.available ? { available: true, detail: `cp ${cp.version}` } : cp;
    },
    offer: async ({ limits, toFormat, held, to, from, driverOptions }) => {
      const plain = limits.bandwidth === undefined && !toFormat && !held && Object.keys(driverOptions).length === 0;
      const accept = plain && from.scheme === 'file' && to.scheme === 'file';
      return accept ? { accept, seconds: 1, reason: 'by cp', commands: [] } : { accept, reason: 'does nothing but plain copies of files' };
    },
    transfer: async (request, { env, signal }) => {
      const words = ['cp', '--reflink=never', '-T', '--', request.from.path, request.to.path];
      const [tool = '', ...args] = request.priority === 'idle' ? ['nice', '-n', String(niceness), ...words] : words;
      const { exitCode, stderr } = await env.local.run(tool, args, { signal });
      if (exitCode !== 0) throw failure(request, stderr);
      return { counters: {} };
    },
  });
}

function failure({ from, to }: TransferRequest, said: string): ImageError {
  const side = /cannot (?:stat|open)/.test(said) ? 'source' : 'destination';
  const path = side === 'source' ? from.path : to.path;
  const { message, ...rest } = fileError({ side, host: 'local', path, action: 'copy', said, errno: errnoFromText(said) });
  return new ImageError(message, { ...rest, untouched: side === 'source' });
}
