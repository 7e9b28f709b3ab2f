import type { SshAccess } from '@image-api/driver';
import type { Patience, RangeReader } from '../range-reader.ts';
import { SftpReader } from './sftp-reader.ts';

/** A file of a host. Plain data: another process can be told of it. */
export interface SftpFile {
  readonly access: SshAccess;
  /** Absolute, with no links on its way. */
  readonly path: string;
  /** Of a block device, which SFTP does not tell the size of. */
  readonly size?: number;
}

/** How to read from a host. */
export interface SftpReaderOptions extends Patience {
  readonly signal?: AbortSignal;
  /** Where `PATH`, `HOME`, `TZ` and `SSH_AUTH_SOCK` are taken from. Default: `process.env`. */
  readonly environment?: NodeJS.ProcessEnv;
}

/** Documented where it is exported. */
export async function openSftpReader(file: SftpFile, { signal, environment, ...patience }: SftpReaderOptions = {}): Promise<RangeReader> {
  const reader = new SftpReader(file, patience, environment ?? process.env);
  try {
    await reader.open(signal);
    return reader;
  } catch (error) {
    await reader.close();
    throw error;
  }
}
