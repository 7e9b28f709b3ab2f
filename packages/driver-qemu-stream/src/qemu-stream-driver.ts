import { ImageError, defineDriver } from '@image-api/driver';
import type { Availability, Driver, Environment } from '@image-api/driver';
import { modeOf } from './mode.ts';
import type { Mode, ModeName } from './mode.ts';

/** Those that are built. */
const modes: Partial<Record<ModeName, Mode>> = {};

/** Moves images by QEMU's own block jobs. */
export function qemuStream(): Driver {
  return defineDriver({
    specVersion: 1,
    id: 'qemu-stream',
    capabilities: { routes: [{ from: 'file', to: 'file' }] },
    probe,
    offer: async (request, context) =>
      modes[modeOf(request, false)]?.offer(request, context) ?? { accept: false, reason: 'cannot do this yet' },
    transfer: async (request, context) => {
      const mode = modes[modeOf(request, false)];
      if (mode) return mode.transfer(request, context);
      throw new ImageError('qemu-stream was asked for what it did not offer', { code: 'INTERNAL', origin: 'core', untouched: true });
    },
  });
}

async function probe({ local }: Environment): Promise<Availability> {
  const daemon = await local.tool('qemu-storage-daemon');
  if (!daemon.available) return { available: false, reason: daemon.reason };
  return { available: true, detail: `qemu-storage-daemon ${daemon.version}` };
}
