import type { Entry } from '../cache/entry.ts';
import type { PrecacheOptions } from './fleet-options.ts';
import { FleetTask } from './fleet-task.ts';

/**
 * Put an image into the caches of many hosts, peer to peer, so that this machine sends it about once. A host needs sshd, `qbittorrent-nox` and
 * room; nothing of ours stays there but the image.
 *
 * @param from an absolute path of this machine, or an entry of its cache, which is not hashed again
 * @param hosts as ssh knows them: `host`, `user@host:22`
 * @throws ImageError BAD_OPTION, BAD_ENDPOINT
 */
export function precache(from: string | Entry, hosts: readonly string[], options: PrecacheOptions = {}): FleetTask {
  return new FleetTask(from, hosts, options);
}
