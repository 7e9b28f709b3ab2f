import { posix } from 'node:path';
import type { Endpoint, Facts, Host, ImageFormat, KnownEndpoint } from '@image-api/driver';

/** Learns of an endpoint what the core would know of it before any driver is asked. */
export class EndpointLook {
  /** To ask for one starts a process, so each is asked once. */
  readonly #filesystems = new Map<string, Promise<string>>();

  async at(endpoint: Endpoint, host: Host | undefined, format?: ImageFormat): Promise<KnownEndpoint> {
    if (!host) return { ...endpoint, facts: { kind: 'opaque' } };
    return { ...endpoint, facts: { ...(await this.#facts(endpoint.path, host)), ...(format && { format }) } };
  }

  async #facts(path: string, host: Host): Promise<Facts> {
    const directory = posix.dirname(path);
    const [stat, parent] = [await host.stat(path), await host.stat(directory)];
    const place = parent && { filesystem: await this.#filesystem(directory, parent.device, host), device: Number(parent.device) };
    if (!stat) return { kind: 'absent', ...place };
    return { kind: stat.kind === 'block' ? 'block' : 'file', size: stat.size, allocated: stat.allocated, ...place };
  }

  #filesystem(directory: string, device: string, host: Host): Promise<string> {
    const key = `${host.id} ${device}`;
    const known = this.#filesystems.get(key) ?? host.space(directory).then(({ filesystem }) => filesystem);
    this.#filesystems.set(key, known);
    return known;
  }
}
