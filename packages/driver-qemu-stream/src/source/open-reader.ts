import type { Host, KnownEndpoint } from '@image-api/driver';
import { openSftpReader, openWebReader } from '@image-api/host';
import type { Patience, RangeReader, SftpFile } from '@image-api/host';

/** A source that QEMU itself is not let near: its address, in plain data, for whichever process reads it. */
export type ReaderAddress = { readonly kind: 'web'; readonly href: string } | { readonly kind: 'sftp'; readonly file: SftpFile };

/**
 * The address of a source on another machine; `undefined` for one that QEMU opens by itself.
 *
 * @param host where the source is, for one that is reached over ssh
 */
export function readerAddress({ scheme, href, path, facts }: KnownEndpoint, host: Host | undefined): ReaderAddress | undefined {
  if (scheme === 'http' || scheme === 'https') return { kind: 'web', href };
  if (scheme !== 'ssh' || !host?.ssh) return undefined;
  const { program, options, environment, host: name, user, port } = host.ssh;
  const access = { program, options, environment, host: name, ...(user !== undefined && { user }), ...(port !== undefined && { port }) };
  return { kind: 'sftp', file: { access, path, ...(facts.size !== undefined && { size: facts.size }) } };
}

/**
 * Open it for reading.
 *
 * @throws ImageError those of `openWebReader` and `openSftpReader`
 */
export function openReader(address: ReaderAddress, options: Patience & { readonly signal?: AbortSignal } = {}): Promise<RangeReader> {
  return address.kind === 'web' ? openWebReader(address.href, options) : openSftpReader(address.file, options);
}
