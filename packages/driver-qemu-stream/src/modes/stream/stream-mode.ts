import type { Settings } from '../../qemu-stream-options.ts';
import type { Mode } from '../../mode.ts';
import { runStream } from './run-stream.ts';
import { streamOffer } from './stream-offer.ts';

/** Images that can be used before they have arrived. */
export function streamMode(settings: Settings): Mode {
  return {
    offer: (request, context) => streamOffer(request, context, settings),
    transfer: (request, context) => runStream(request, context, settings),
  };
}
