import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { childEnvironment } from './child-environment.ts';
import { runLocal } from './run-local.ts';
import type { SshRoute } from './run-remote.ts';
import { connectionError } from './ssh-error.ts';

/** A way to a port over there. */
export interface Forward {
  /** Of a socket of this machine, in a directory that only this user can enter. It is gone with the shared connection. */
  readonly socketPath: string;
  close(): Promise<void>;
}

const deadlineMs = 10_000;
let opened = 0;

/**
 * Have the shared connection lead from a socket here to a port of the loopback interface over there. Whether somebody listens there, and
 * whether the server permits it, is seen when somebody connects.
 *
 * @throws ImageError those of a connection
 */
export async function forwardPort({ host, access, connections, ours }: SshRoute, port: number): Promise<Forward> {
  const { directory, control } = await connections.socket(access, host);
  const socketPath = join(directory, `port${(opened += 1)}`);
  // What the user's configuration would have forwarded besides is left out: only the connection that is there is spoken to.
  const words = ['-F', 'none', '-S', control, '-L', `${socketPath}:127.0.0.1:${port}`];
  const ask = (what: 'forward' | 'cancel') =>
    runLocal(ours, access.program, [...words, '-O', what, '--', access.host], { environment: childEnvironment(ours), deadlineMs });
  const { exitCode, stderr } = await ask('forward');
  if (exitCode !== 0) throw connectionError(stderr, host);
  return {
    socketPath,
    close: async () => {
      await ask('cancel').catch(() => undefined);
      await rm(socketPath, { force: true });
    },
  };
}
