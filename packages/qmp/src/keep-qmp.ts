import type { ConnectOptions } from './connect-qmp.ts';
import { connectQmp } from './connect-qmp.ts';
import { KeptQmp } from './kept-qmp.ts';
import type { Qmp } from './qmp.ts';

export interface KeepOptions extends ConnectOptions {
  /** For how long to try to find a lost connection again, each time. Default 30 seconds. */
  readonly findForMs?: number;
}

/**
 * Connect to a monitor, and connect again whenever the connection is lost.
 *
 * What was pending then fails as `closed`, for nobody knows whether it was carried out. New commands wait until it is found again.
 *
 * @throws QmpError when the first attempt fails
 */
export async function keepQmp(socketPath: string, options: KeepOptions = {}): Promise<Qmp> {
  const { findForMs = 30_000, ...connecting } = options;
  return new KeptQmp(await connectQmp(socketPath, connecting), { socketPath, findForMs, connecting });
}
