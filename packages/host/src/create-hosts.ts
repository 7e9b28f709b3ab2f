import { ImageError } from '@image-api/driver';
import type { Authority, Host } from '@image-api/driver';
import { forwardPort } from './forward-port.ts';
import type { Forward } from './forward-port.ts';
import { createLocalHost } from './local-host.ts';
import { authorityText, checkAuthority } from './ssh-access.ts';
import { SshConnections } from './ssh-connections.ts';
import { createSshHost } from './ssh-host.ts';

export interface HostsOptions {
  readonly ssh?: {
    /** Read instead of the user's own ssh configuration, as `ssh -F` does. */
    readonly configFile?: string | undefined;
  };
  /** Where `PATH`, `HOME`, `TZ`, `SSH_AUTH_SOCK` and `XDG_RUNTIME_DIR` are taken from. Default: `process.env`. */
  readonly environment?: NodeJS.ProcessEnv;
}

/** The machines of one instance. */
export interface Hosts {
  readonly local: Host;
  /**
   * A machine reached over ssh. Connects when it is first asked something; the same authority gives the same host.
   *
   * @throws ImageError `BAD_ENDPOINT` when a part of the authority could be taken for an option or a command
   */
  ssh(authority: Authority): Host;
  /**
   * A socket here that leads, through the shared connection, to a port of the loopback interface over there. It does not outlive the
   * connection: who finds it gone asks again.
   *
   * @throws ImageError those of a connection
   */
  forward(host: Host, port: number): Promise<Forward>;
  /** End the shared connections and remove what they left on disk. The hosts can be used again afterwards. */
  close(): Promise<void>;
}

/** Create the hosts of one instance. Looks at nothing yet. */
export function createHosts(options: HostsOptions = {}): Hosts {
  const ours = options.environment ?? process.env;
  const connections = new SshConnections(ours);
  const known = new Map<string, Host>();
  return {
    local: createLocalHost(ours),
    ssh: (authority) => {
      checkAuthority(authority);
      const id = authorityText(authority);
      const host = known.get(id) ?? createSshHost(authority, { ours, connections, configFile: options.ssh?.configFile });
      known.set(id, host);
      return host;
    },
    forward: ({ id, ssh: access }, port) => {
      if (!access) throw new ImageError(`${id} is no ssh host`, { code: 'INTERNAL', origin: 'core' });
      return forwardPort({ host: id, access, connections, ours }, port);
    },
    close: () => connections.close(),
  };
}
