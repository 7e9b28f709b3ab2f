import { defineDriver } from '@image-api/driver';
import type { Driver } from '@image-api/driver';
import { convertMode } from '../src/modes/convert/convert-mode.ts';
import { formatsMade, formatsRead } from '../src/modes/convert/image-layout.ts';
import { qemuStreamOptions } from '../src/qemu-stream-options.ts';
import type { QemuStreamOptions } from '../src/qemu-stream-options.ts';

/** The mode that copies whole images, as a driver of its own with the claims that it keeps. */
export function convertDriver(options: QemuStreamOptions = {}): Driver {
  const modeFor = (own: QemuStreamOptions): ReturnType<typeof convertMode> => convertMode(qemuStreamOptions(options, own));
  return defineDriver({
    specVersion: 1,
    id: 'qemu-stream',
    capabilities: {
      routes: [
        { from: 'file', to: 'file' },
        { from: 'nbd+unix', to: 'file' },
        { from: 'file', to: 'nbd+unix', inPlace: true },
      ],
      convert: { from: formatsRead, to: formatsMade },
      sparse: true,
      pause: true,
      limits: 'live',
      progress: 'bytes',
    },
    probe: async ({ local }) => {
      const tool = await local.tool('qemu-storage-daemon');
      return tool.available ? { available: true, detail: tool.version } : tool;
    },
    offer: async (request, context) => modeFor(request.driverOptions).offer(request, context),
    transfer: async (request, context) => modeFor(request.driverOptions).transfer(request, context),
  });
}
