import { withFile } from '@image-api/host';

/**
 * Do something with a file of the cache.
 *
 * @param action a verb that goes before the path
 * @throws ImageError
 */
export function inCache<T>(action: string, path: string, work: () => Promise<T>): Promise<T> {
  return withFile({ side: 'destination', action, path }, work);
}
