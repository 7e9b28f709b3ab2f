import type { SshAccess } from '@image-api/driver';
import { SftpChannel } from './sftp-channel.ts';
import { syncing } from './sftp-writer.ts';
import type { SftpWriterOptions } from './sftp-writer.ts';

/** What an SFTP server can do beside reading and writing. */
export interface SftpAbilities {
  /** It can tell when bytes are safe on the disk. */
  readonly canSync: boolean;
}

/** Documented where it is exported. */
export async function askSftp(
  access: SshAccess,
  { signal, silenceMs = 30_000, environment }: SftpWriterOptions = {},
): Promise<SftpAbilities> {
  const ours = environment ?? process.env;
  const channel = await SftpChannel.open({ access, ours, silenceMs, side: 'destination', ...(signal && { signal }) });
  const canSync = channel.extensions.has(syncing);
  await channel.close();
  return { canSync };
}
