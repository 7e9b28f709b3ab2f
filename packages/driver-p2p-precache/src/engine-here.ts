import { ImageError } from '@image-api/driver';
import type { Environment } from '@image-api/driver';
import type { FetchInput } from './fetch-into-cache.ts';

/** How to reach the engine of this machine; nothing where there is none. */
export async function openEngineHere({ local }: Environment): Promise<Pick<FetchInput, 'openEngine'>> {
  const { available } = await local.tool('qbittorrent-nox');
  return available ? { openEngine: () => Promise.reject(new ImageError('not yet', { code: 'TOOL_MISSING', origin: 'driver' })) } : {};
}
