import type { LabHost } from './lab-host.ts';
import { startSteeredCopy } from './steered-copy.ts';
import type { CopyToSteer, SteeredCopy } from './steered-copy.ts';

/** What a host needs so that images can be used there while they come. */
export const streamTools: readonly string[] = ['qemu-storage-daemon', 'qemu-img', 'qemu-nbd'];

/** The words that ask imagectl for an image that can be used while it comes. */
export const streamFlags: readonly string[] = [
  '--needs',
  'readyEarly',
  '--format',
  'raw',
  '--to-format',
  'qcow2',
  '--driver',
  'qemu-stream',
];

/** Start a copy that can be used while it comes. */
export function startStreamedCopy(host: LabHost, { options, ...copy }: Omit<CopyToSteer, 'driver'>): SteeredCopy {
  const asked = { needs: ['readyEarly'], format: 'raw', toFormat: 'qcow2', ...options } as const;
  return startSteeredCopy(host, { ...copy, driver: 'qemu-stream', options: asked });
}
