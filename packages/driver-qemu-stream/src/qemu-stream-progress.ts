import type { ProgressUpdate } from '@image-api/driver';
import type { StreamProgress } from './keeper/messages.ts';

/**
 * What is told of a stream. The position is that of the background; what a guest had fetched, or written, before the background came by
 * is passed over there. `bytesRead` is all that came from the source, so that guests' reads are what it has beyond the background's.
 */
export function streamProgress({ offset, size, bytesRead }: StreamProgress): ProgressUpdate {
  return {
    bytesLogical: Math.min(offset, size),
    ...(bytesRead !== undefined && { bytesRead }),
    total: { bytes: size, certainty: 'exact' },
  };
}
