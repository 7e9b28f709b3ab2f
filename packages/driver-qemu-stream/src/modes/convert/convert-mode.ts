import { ImageError } from '@image-api/driver';
import type { Mode } from '../../mode.ts';
import type { Settings } from '../../qemu-stream-options.ts';
import { convertOffer } from './convert-offer.ts';
import { convertWay } from './convert-way.ts';
import { runConvert } from './run-convert.ts';

/** Whole copies by QEMU: where a format is to be turned into another, or an end is a disk that is served over NBD. */
export function convertMode(settings: Settings): Mode {
  return {
    async offer(request, context) {
      const way = convertWay(request, settings, context.hosts.from);
      return 'refusal' in way ? { accept: false, reason: way.refusal } : convertOffer(way, request, context, settings);
    },
    async transfer(request, context) {
      const way = convertWay(request, settings, context.hosts.from);
      if (!('refusal' in way)) return runConvert(way, request, context, settings);
      throw new ImageError(`qemu-stream cannot do it any more: ${way.refusal}`, {
        code: 'UNSUPPORTED',
        origin: 'driver',
        driver: 'qemu-stream',
        untouched: true,
      });
    },
  };
}
