import type { Host, KnownEndpoint } from '@image-api/driver';

/** Whether it is a file that this process can read. */
export function isFileHere({ host, endpoint }: { readonly host?: Host | undefined; readonly endpoint: KnownEndpoint }): boolean {
  return host?.kind === 'local' && endpoint.facts.kind !== 'block';
}
