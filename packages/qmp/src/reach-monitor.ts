import { createConnection } from 'node:net';
import type { Socket } from 'node:net';
import { QmpError } from './qmp-error.ts';
import type { QmpErrorKind } from './qmp-error.ts';

/** Why a socket could not be connected to, in words, by the system's name for it. */
const reasons: Readonly<Record<string, readonly [QmpErrorKind, string]>> = {
  ENOENT: ['unreachable', 'there is no such socket; is the machine running, and was it started with that monitor?'],
  ECONNREFUSED: ['unreachable', 'nobody listens there any more'],
  EACCES: ['unreachable', 'it may not be opened by this user'],
  EPERM: ['unreachable', 'it may not be opened by this user'],
  ENOTSOCK: ['unreachable', 'it is not a socket'],
  EAGAIN: ['busy', 'other clients wait for it already'],
};

/** Connect to a unix socket, where a monitor is expected. */
export async function reachMonitor(socketPath: string, signal?: AbortSignal): Promise<Socket> {
  signal?.throwIfAborted();
  const socket = createConnection({ path: socketPath });
  const settled = new AbortController();
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve).once('error', reject);
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true, signal: settled.signal });
    });
    return socket;
  } catch (error) {
    socket.destroy();
    throw signal?.aborted ? signal.reason : unreached(socketPath, error);
  } finally {
    settled.abort();
  }
}

function unreached(socketPath: string, cause: unknown): QmpError {
  const { code = '', message } = cause as NodeJS.ErrnoException;
  const [kind, reason] = reasons[code] ?? ['unreachable', message];
  return new QmpError(`the monitor at ${socketPath} cannot be reached: ${reason}`, { kind, cause });
}
