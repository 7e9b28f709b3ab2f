import type { Extent } from '@image-api/host';
import type { Qmp } from '@image-api/qmp';
import { exportId } from './build-graph.ts';
import { FetchWatch } from './fetch-watch.ts';
import type { ServeOrder } from './messages.ts';
import { OverlayMap } from './overlay-map.ts';
import { StreamJob } from './stream-job.ts';

/**
 * Watch what comes into the overlay of a disk that is served, by a connection to its socket.
 *
 * @param there see `FetchWatch.start`
 */
export async function watchServed(
  monitor: Qmp,
  socketPath: string,
  { writable }: Pick<ServeOrder, 'writable'>,
  there: readonly Extent[] | undefined,
  onLook: () => void,
): Promise<FetchWatch> {
  const map = await OverlayMap.open(socketPath, exportId, writable);
  return FetchWatch.start({ map, position: () => StreamJob.position(monitor), onLook }, there);
}
