import { once } from 'node:events';
import { connect } from 'node:net';
import { ImageError } from '@image-api/driver';
import type { Endpoint } from '@image-api/driver';
import { escapeControl } from '@image-api/host';
import type { NbdAddress } from '../../daemon/block-nodes.ts';
import { ByteReader } from './byte-reader.ts';
import { connectWords } from './connect-words.ts';
import type { ExportFacts } from './nbd-wire.ts';
import { shakeHands } from './shake-hands.ts';

const deadlineMs = 5000;
const defaultPort = 10_809;

/** An export of an NBD server. */
export interface ExportPlace {
  readonly address: NbdAddress;
  readonly exportName: string;
}

/** `nbd://host:port/export` or `nbd+unix:///export?socket=…`. The name of the default export is empty. */
export function exportPlace({ authority, params, path }: Endpoint): ExportPlace {
  const socket = params['socket'];
  const exportName = path.replace(/^\//, '');
  if (socket !== undefined) return { address: { path: socket }, exportName };
  return { address: { host: authority?.host ?? 'localhost', port: authority?.port ?? defaultPort }, exportName };
}

/**
 * Ask an NBD server for an export. Reads nothing of it.
 *
 * @throws ImageError UNREACHABLE, SOURCE_MISSING, DESTINATION_UNWRITABLE, CANCELLED
 */
export async function lookAtExport(endpoint: Endpoint, side: 'source' | 'destination', signal: AbortSignal): Promise<ExportFacts> {
  const { address, exportName } = exportPlace(endpoint);
  const patience = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]);
  const socket = connect('path' in address ? { path: address.path } : { host: address.host, port: address.port });
  socket.on('error', () => undefined);
  patience.addEventListener('abort', () => socket.destroy(), { once: true });
  let isConnected = false;
  try {
    await once(socket, 'connect', { signal: patience });
    isConnected = true;
    const { size, isReadOnly } = await shakeHands(socket, new ByteReader(socket), exportName);
    return { size, isReadOnly };
  } catch (error) {
    if (signal.aborted) throw new ImageError('cancelled', { code: 'CANCELLED', origin: 'caller', untouched: true });
    throw isConnected && !patience.aborted ? refused(endpoint, side, error) : unreachable(endpoint, side, error);
  } finally {
    socket.destroy();
  }
}

function refused({ href }: Endpoint, side: 'source' | 'destination', why: unknown): ImageError {
  const words = escapeControl(why instanceof Error ? why.message : String(why));
  return new ImageError(`${href}: ${words}; look which exports it has`, {
    code: side === 'source' ? 'SOURCE_MISSING' : 'DESTINATION_UNWRITABLE',
    origin: side,
    driver: 'qemu-stream',
    untouched: true,
    cause: why,
  });
}

function unreachable(endpoint: Endpoint, side: 'source' | 'destination', why: unknown): ImageError {
  const words = escapeControl(connectWords(exportPlace(endpoint).address, why));
  return new ImageError(`${endpoint.href}: ${words}`, {
    code: 'UNREACHABLE',
    origin: side,
    driver: 'qemu-stream',
    retryable: true,
    untouched: true,
    cause: why,
  });
}
