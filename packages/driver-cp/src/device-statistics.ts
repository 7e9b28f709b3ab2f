import type { Host } from '@image-api/driver';
import { parseDeviceStatistics } from './cp-progress.ts';
import type { DeviceStatistics } from './cp-progress.ts';

/** What the kernel counts of a block device: all that was read from it and written to it, by anybody. */
export async function deviceStatistics(host: Host, path: string): Promise<DeviceStatistics> {
  const stat = await host.stat(path, { follow: true });
  const [text] = await host.read(`/sys/dev/block/${stat?.deviceNode ?? ''}/stat`, [{ offset: 0, length: 512 }]);
  return parseDeviceStatistics(new TextDecoder().decode(text));
}
