import { stat } from 'node:fs/promises';
import { sha256 } from '../image-files.ts';
import type { Lane } from './lane.ts';

/** The sources of a lane in words: the same words again if nobody has written to them, or put others in their place. */
export async function lookAtSources({ sources }: Lane): Promise<string> {
  const looks = sources.map(async ({ place: { host, path } }) => {
    const { ino, mode, mtimeNs, ctimeNs } = await stat(host.outside(path), { bigint: true });
    return [ino, mode, mtimeNs, ctimeNs, await sha256(host.outside(path))].join(' ');
  });
  return (await Promise.all(looks)).join(', ');
}
