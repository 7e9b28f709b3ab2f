import type { Authority, Host, SshAccess } from '@image-api/driver';
import { claimRemotely } from './claim-remotely.ts';
import { duplicateWith } from './duplicate-with.ts';
import { remembered } from './remembered.ts';
import { askRemoteTool, remoteFiles } from './remote-files.ts';
import { runRemote } from './run-remote.ts';
import type { SshRoute } from './run-remote.ts';
import { authorityText, sshOptions } from './ssh-access.ts';
import { spaceWith } from './space-with.ts';
import { standingRun } from './standing-session.ts';
import type { SshConnections } from './ssh-connections.ts';
import { sweepRemotely } from './sweep-remotely.ts';

interface SshHostNeeds {
  readonly ours: NodeJS.ProcessEnv;
  readonly connections: SshConnections;
  readonly configFile: string | undefined;
}

/** A machine reached over ssh. */
export function createSshHost(authority: Authority, { ours, connections, configFile }: SshHostNeeds): Host {
  const id = authorityText(authority);
  const access: SshAccess = {
    program: 'ssh',
    options: sshOptions(configFile),
    get environment() {
      return connections.environment;
    },
    ...authority,
  };
  const route: SshRoute = { host: id, access, connections, ours };
  const quick = standingRun(route);
  const run: Host['run'] = (tool, args, options) => (options?.brief ? quick(tool, args, options) : runRemote(route, tool, args, options));
  return {
    kind: 'ssh',
    id,
    ssh: access,
    run,
    tool: remembered((name) => askRemoteTool(quick, id, name)),
    ...remoteFiles(run, quick, id),
    claim: (path, options) => claimRemotely(route, path, options),
    sweep: (directory, options) => sweepRemotely({ run, quick }, id, directory, options),
    space: spaceWith(quick, id),
    duplicate: duplicateWith(run, id),
  };
}
