import type { Host } from '@image-api/driver';

const writing = new Set<string | symbol>([
  'claim',
  'sweep',
  'duplicate',
  'renameNew',
  'renameOver',
  'remove',
  'setMode',
  'sync',
] satisfies (keyof Host)[]);

/** The same host, telling of every use of a method that changes something. */
export function readOnlyHost(host: Host, tell: (method: string) => void): Host {
  return new Proxy(host, {
    get: (inner, name) => {
      if (writing.has(name)) tell(String(name));
      return Reflect.get(inner, name) as unknown;
    },
  });
}
