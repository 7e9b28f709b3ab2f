import { ImageError } from '@image-api/driver';
import type { ImageFormat } from '@image-api/driver';
import { createHosts } from '@image-api/host';
import { detectFormat, headerLength } from '@image-api/image-format';
import { checkSource } from './look/check-ends.ts';
import { onSide } from './look/on-side.ts';
import { parseUri } from './uri/parse-uri.ts';

/** What an image says of itself. */
export interface ImageInfo {
  readonly href: string;
  readonly format: ImageFormat;
  /** The size a guest sees, in bytes; absent where the header does not tell. */
  readonly virtualSize?: number;
  /** Length of the file, or capacity of the device, in bytes. */
  readonly size: number;
  /** Bytes that take room on disk. */
  readonly allocated: number;
}

/**
 * Look at an image's header: a path or URI of a file here or over ssh. Reads a few KiB, runs no tool that would follow what the header says.
 *
 * @throws ImageError SOURCE_MISSING, SOURCE_KIND, UNREACHABLE…
 */
export async function inspectImage(
  image: string | URL,
  options: { readonly ssh?: { readonly configFile?: string } } = {},
): Promise<ImageInfo> {
  const endpoint = parseUri(image);
  if (endpoint.scheme !== 'file' && endpoint.scheme !== 'ssh') {
    throw new ImageError(`${endpoint.href}: only files, here or over ssh, can be inspected`, { code: 'UNKNOWN_SCHEME', origin: 'caller' });
  }
  const hosts = createHosts(options.ssh ? { ssh: options.ssh } : {});
  const host = endpoint.authority ? hosts.ssh(endpoint.authority) : hosts.local;
  try {
    return await onSide('source', endpoint, async () => {
      const stat = checkSource(endpoint, await host.stat(endpoint.path, { follow: true }));
      const [header = new Uint8Array()] = await host.read(endpoint.path, [{ offset: 0, length: headerLength }]);
      const found = detectFormat(header, stat.size);
      return { href: endpoint.href, ...found, size: stat.size, allocated: stat.allocated };
    });
  } finally {
    await hosts.close();
  }
}
