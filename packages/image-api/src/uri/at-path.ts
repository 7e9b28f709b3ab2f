import type { Endpoint } from '@image-api/driver';
import { formatUri } from './format-uri.ts';

/** Another path on the same host. */
export function atPath(endpoint: Endpoint, path: string): Endpoint {
  const { href: _, ...parts } = endpoint;
  return { ...parts, path, href: formatUri({ ...parts, path }) };
}
