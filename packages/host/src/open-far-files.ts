import type { SshAccess } from '@image-api/driver';
import type { RangeReader } from './range-reader.ts';
import type { SftpAbilities } from './sftp/ask-sftp.ts';
import type { SftpFile, SftpReaderOptions } from './sftp/open-sftp-reader.ts';
import type { SftpWriter, SftpWriterOptions } from './sftp/sftp-writer.ts';
import type { WebReaderOptions, WebSource } from './web/open-web-reader.ts';

// What goes to web servers, and over SFTP, is loaded when it is first used: most copies start without.

/**
 * Open a file of an ssh host for reading in pieces, by SFTP: through the shared connection of its host where there is one, else by a connection of its own.
 * A connection that was lost is opened again. Where the host has a shell and `perl`, holes are not read.
 *
 * @throws ImageError `UNREACHABLE`, `AUTH_DENIED`, `HOST_KEY`, `SOURCE_MISSING`, `SOURCE_UNREADABLE`, `SOURCE_KIND`, `UNSUPPORTED` when it has no SFTP
 * server, `STALLED`, `READ_FAILED`, `CANCELLED`, `TOOL_MISSING` without ssh
 */
export async function openSftpReader(file: SftpFile, options?: SftpReaderOptions): Promise<RangeReader> {
  const far = await import('./sftp/open-sftp-reader.ts');
  return far.openSftpReader(file, options);
}

/**
 * Open a file of an ssh host that is there for writing, and reading back, in pieces, by SFTP: through the shared connection of its host where there is one,
 * else by a connection of its own. A connection that was lost is not made again.
 *
 * @throws ImageError `UNREACHABLE`, `AUTH_DENIED`, `HOST_KEY`, `DESTINATION_UNWRITABLE`, `DESTINATION_KIND`, `UNSUPPORTED` when it has no SFTP server,
 * `STALLED`, `WRITE_FAILED`, `CANCELLED`, `TOOL_MISSING` without ssh
 */
export async function openSftpWriter(file: SftpFile, options: SftpWriterOptions = {}): Promise<SftpWriter> {
  const far = await import('./sftp/sftp-writer.ts');
  return far.SftpWriter.open(file, options);
}

/**
 * Greet the SFTP server of a host, and ask it what it can do.
 *
 * @throws ImageError `UNREACHABLE`, also where it has no SFTP server and the shared connection does not say so, `UNSUPPORTED` where it does,
 * `WRITE_FAILED` for a server that nobody can understand, `AUTH_DENIED`, `HOST_KEY`, `STALLED`, `CANCELLED`, `TOOL_MISSING` without ssh
 */
export async function askSftp(access: SshAccess, options?: SftpWriterOptions): Promise<SftpAbilities> {
  const far = await import('./sftp/ask-sftp.ts');
  return far.askSftp(access, options);
}

/**
 * Open a file of a web server for reading in pieces. The address typed here may be anywhere; where the server redirects to must be public. Takes
 * `http_proxy`, `https_proxy` and `no_proxy` from the environment, and an authority of one's own from the file `SSL_CERT_FILE`.
 *
 * @throws ImageError `BAD_ENDPOINT`, `SOURCE_MISSING`, `SOURCE_UNREADABLE`, `AUTH_DENIED`, `UNSUPPORTED` when it serves no ranges,
 * `HOST_KEY` for a certificate nobody vouches for, `UNREACHABLE`, `STALLED`, `READ_FAILED`, `CANCELLED`
 */
export async function openWebReader(href: string, options?: WebReaderOptions): Promise<RangeReader> {
  const far = await import('./web/open-web-reader.ts');
  return far.openWebReader(href, options);
}

/**
 * Open a file of a web server for streaming. As `openWebReader`, guarded in the same way; but it may also be one that its server sends only
 * as a whole.
 *
 * @throws ImageError as `openWebReader`; `UNSUPPORTED` when the server does not tell where it ends
 */
export async function openWebSource(href: string, options?: WebReaderOptions): Promise<WebSource> {
  const far = await import('./web/open-web-reader.ts');
  return far.openWebSource(href, options);
}
