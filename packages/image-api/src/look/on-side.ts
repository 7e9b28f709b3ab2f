import { ImageError, isImageError } from '@image-api/driver';
import type { Endpoint, ErrorCode } from '@image-api/driver';

/** Codes a host cannot tell apart by itself: it does not know which end of the copy a path is. */
const bySide: Partial<Record<ErrorCode, { readonly source: ErrorCode; readonly destination: ErrorCode }>> = {
  SOURCE_MISSING: { source: 'SOURCE_MISSING', destination: 'DESTINATION_UNWRITABLE' },
  SOURCE_UNREADABLE: { source: 'SOURCE_UNREADABLE', destination: 'DESTINATION_UNWRITABLE' },
  DESTINATION_UNWRITABLE: { source: 'SOURCE_UNREADABLE', destination: 'DESTINATION_UNWRITABLE' },
  READ_FAILED: { source: 'READ_FAILED', destination: 'WRITE_FAILED' },
  WRITE_FAILED: { source: 'READ_FAILED', destination: 'WRITE_FAILED' },
};

/** Do something with a host, and say of its errors which end they belong to and which endpoint it was. */
export async function onSide<T>(side: 'source' | 'destination', endpoint: Endpoint, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw isImageError(error) && error.origin !== 'source' && error.origin !== 'destination' ? sided(error, side, endpoint) : error;
  }
}

function sided(error: ImageError, side: 'source' | 'destination', endpoint: Endpoint): ImageError {
  if (error.code === 'CANCELLED' || error.code === 'INTERNAL') return error;
  return new ImageError(error.message.includes(endpoint.href) ? error.message : `${endpoint.href}: ${error.message}`, {
    code: bySide[error.code]?.[side] ?? error.code,
    origin: error.origin === 'caller' ? 'caller' : side,
    retryable: error.retryable,
    untouched: error.untouched,
    details: error.details,
    cause: error,
  });
}
