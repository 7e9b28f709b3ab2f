import { defineDriver } from '@image-api/driver';
import type { Driver } from '@image-api/driver';
import { farOffer, httpOffer, refusal } from './http-offer.ts';
import { httpOptions } from './http-options.ts';
import type { HttpOptions } from './http-options.ts';

/**
 * Copies images from web servers to files of this machine and of ssh hosts, in several ranges at once, by this process itself.
 *
 * @throws ImageError BAD_OPTION
 */
export function http(options: HttpOptions = {}): Driver {
  httpOptions(options);
  return defineDriver({
    specVersion: 1,
    id: 'http',
    capabilities: {
      routes: [
        { from: 'http', to: 'file' },
        { from: 'https', to: 'file' },
        { from: 'http', to: 'ssh' },
        { from: 'https', to: 'ssh' },
      ],
      sparse: true,
      resume: true,
      pause: true,
      limits: 'live',
      progress: 'bytes',
    },
    // Nothing is needed but this process.
    probe: () => Promise.resolve({ available: true, detail: 'part of Node.js' }),
    offer: async (request, context) => {
      const settings = httpOptions(options, request.driverOptions);
      const reason = refusal(request);
      if (reason !== undefined) return { accept: false, reason };
      if (request.to.scheme !== 'ssh') return httpOffer(request, settings);
      const { askFar } = await import('./ask-far.ts');
      return farOffer(request, settings, await askFar(context));
    },
    transfer: async (request, context) => {
      const { copyFromWeb } = await import('./copy-from-web.ts');
      return copyFromWeb({ request, context, settings: httpOptions(options, request.driverOptions) });
    },
  });
}
