import { defineDriver } from '@image-api/driver';
import type { Availability, Driver, Environment, TransferRequest } from '@image-api/driver';
import { modeOf } from './mode.ts';
import type { Mode, ModeName } from './mode.ts';
import { endLeases } from './modes/stream/leases.ts';
import { streamMode } from './modes/stream/stream-mode.ts';
import { qemuStreamOptions } from './qemu-stream-options.ts';
import type { QemuStreamOptions, Settings } from './qemu-stream-options.ts';

const modes: Partial<Record<ModeName, (settings: Settings) => Mode>> = { stream: streamMode };

/** Without them no mode works; setpriv and prlimit are of the system's own util-linux. */
const tools = ['qemu-storage-daemon', 'prlimit'] as const;

/**
 * Moves images by QEMU's own block jobs: hands them out before they have arrived.
 *
 * @throws ImageError BAD_OPTION
 */
export function qemuStream(options: QemuStreamOptions = {}): Driver {
  qemuStreamOptions(options);
  const mode = (request: TransferRequest): Mode => {
    const settings = qemuStreamOptions(options, request.driverOptions);
    return modes[modeOf(request, settings.stream !== undefined)]?.(settings) ?? none;
  };
  return defineDriver({
    specVersion: 1,
    id: 'qemu-stream',
    capabilities: {
      routes: [
        { from: 'file', to: 'file' },
        { from: 'http', to: 'file' },
        { from: 'https', to: 'file' },
        { from: 'nbd', to: 'file' },
        { from: 'nbd+unix', to: 'file' },
      ],
      convert: { from: ['raw', 'qcow2', 'vmdk', 'vhd', 'vhdx', 'vdi'], to: ['qcow2'] },
      sparse: true,
      resume: true,
      readyEarly: true,
      pause: true,
      limits: 'live',
      progress: 'bytes',
    },
    probe,
    offer: async (request, context) => mode(request).offer(request, context),
    transfer: async (request, context) => mode(request).transfer(request, context),
    dispose: endLeases,
  });
}

const none: Mode = {
  offer: () =>
    Promise.resolve({ accept: false, reason: "hands images out before they have arrived: say --needs readyEarly, or set stream: 'now'" }),
  transfer: () => Promise.reject(new Error('it was not offered')),
};

async function probe({ local }: Environment): Promise<Availability> {
  const found = await Promise.all(tools.map((tool) => local.tool(tool)));
  for (const info of found) if (!info.available) return { available: false, reason: info.reason };
  const [daemon] = found;
  return { available: true, detail: `qemu-storage-daemon ${daemon?.available ? daemon.version : ''}` };
}
