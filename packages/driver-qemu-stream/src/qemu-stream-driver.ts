import { defineDriver } from '@image-api/driver';
import type { Availability, Driver, Environment, TransferRequest } from '@image-api/driver';
import { modeOf, notForQemu } from './mode.ts';
import type { Mode, ModeName } from './mode.ts';
import { formatsMade, formatsRead } from './modes/convert/image-layout.ts';
import { endLeases } from './modes/stream/leases.ts';
import { qemuStreamOptions } from './qemu-stream-options.ts';
import type { QemuStreamOptions, Settings } from './qemu-stream-options.ts';

/** Each is loaded when it is first needed: most copies are another driver's. */
const modes: Readonly<Record<ModeName, (settings: Settings) => Promise<Mode>>> = {
  stream: async (settings) => (await import('./modes/stream/stream-mode.ts')).streamMode(settings),
  convert: async (settings) => (await import('./modes/convert/convert-mode.ts')).convertMode(settings),
  'copy-out': async (settings) => (await import('./modes/copy-out/copy-out-mode.ts')).copyOutMode(settings),
  pull: async (settings) => (await import('./modes/pull/pull-mode.ts')).pullMode(settings),
};

/** Without them no mode works; setpriv and prlimit are of the system's own util-linux. */
const tools = ['qemu-storage-daemon', 'prlimit'] as const;

/**
 * Moves images by QEMU's own block jobs: hands them out before they have arrived, turns one format into another, reads and writes disks
 * that are served over NBD, copies the disks of running machines, and pulls images into them.
 *
 * @throws ImageError BAD_OPTION
 */
export function qemuStream(options: QemuStreamOptions = {}): Driver {
  qemuStreamOptions(options);
  const mode = async (request: TransferRequest): Promise<Mode> => {
    const settings = qemuStreamOptions(options, request.driverOptions);
    return modes[modeOf(request)](settings);
  };
  return defineDriver({
    specVersion: 1,
    id: 'qemu-stream',
    capabilities: {
      routes: [
        { from: 'file', to: 'file' },
        { from: 'ssh', to: 'file' },
        { from: 'http', to: 'file' },
        { from: 'https', to: 'file' },
        { from: 'nbd', to: 'file' },
        { from: 'nbd+unix', to: 'file' },
        { from: 'qmp+unix', to: 'file' },
        { from: 'file', to: 'nbd', inPlace: true },
        { from: 'file', to: 'nbd+unix', inPlace: true },
        { from: 'file', to: 'qmp+unix', inPlace: true },
      ],
      convert: { from: formatsRead, to: formatsMade },
      sparse: true,
      resume: true,
      readyEarly: true,
      pause: true,
      limits: 'live',
      progress: 'bytes',
    },
    refuses: notForQemu,
    probe,
    offer: async (request, context) => {
      const reason = notForQemu(request);
      return reason === undefined ? (await mode(request)).offer(request, context) : { accept: false, reason };
    },
    transfer: async (request, context) => (await mode(request)).transfer(request, context),
    dispose: endLeases,
  });
}

async function probe({ local }: Environment): Promise<Availability> {
  const found = await Promise.all(tools.map((tool) => local.tool(tool)));
  for (const info of found) if (!info.available) return { available: false, reason: info.reason };
  const [daemon] = found;
  return { available: true, detail: `qemu-storage-daemon ${daemon?.available ? daemon.version : ''}` };
}
