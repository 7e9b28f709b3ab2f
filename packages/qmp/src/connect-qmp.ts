import { reachMonitor } from './reach-monitor.ts';
import type { Qmp } from './qmp.ts';
import { QmpConnection } from './qmp-connection.ts';

export interface ConnectOptions {
  /** How long to wait for the greeting, and again for the first answer. Default 5 seconds. */
  readonly greetingTimeoutMs?: number;
  /** How long to wait for the answer to a command. Default 30 seconds; 0 waits for ever. */
  readonly timeoutMs?: number;
  /** The longest line that is accepted. Default 64 MiB. */
  readonly longestLine?: number;
  /** Ends only the attempt to connect. */
  readonly signal?: AbortSignal;
}

/**
 * Connect to the monitor at a unix socket, and get it ready for commands.
 *
 * @throws QmpError `unreachable`, `busy`, `timeout`, `closed` or `protocol`
 * @throws what the signal's reason is, when it is aborted
 */
export async function connectQmp(socketPath: string, options: ConnectOptions = {}): Promise<Qmp> {
  const { greetingTimeoutMs = 5000, timeoutMs = 30_000, longestLine = 64 * 1024 * 1024, signal } = options;
  const socket = await reachMonitor(socketPath, signal);
  const connection = new QmpConnection(socket, { socketPath, timeoutMs, longestLine });
  try {
    await connection.greet(greetingTimeoutMs, signal);
    return connection;
  } catch (error) {
    await connection.close();
    throw error;
  }
}
