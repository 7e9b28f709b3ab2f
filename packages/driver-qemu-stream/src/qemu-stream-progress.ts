import type { ProgressUpdate } from '@image-api/driver';
import type { StreamProgress } from './keeper/messages.ts';

/**
 * What is told of a stream. The position is that of the background; what a guest had fetched, or written, before the background came by
 * is passed over there. `bytesRead` is all that came from the source, `bytesOnDemand` what of it came because a guest read there.
 */
export function streamProgress({ offset, size, bytesRead, bytesOnDemand }: StreamProgress): ProgressUpdate {
  return {
    bytesLogical: Math.min(offset, size),
    bytesRead,
    bytesOnDemand,
    total: { bytes: size, certainty: 'exact' },
  };
}
