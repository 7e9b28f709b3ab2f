import { access, constants } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ResolvedConfig } from 'image-api';
import { badOption } from '../failure/to-image-error.ts';
import type { CommandFlags } from '../flags/flags.ts';
import { isDebug } from '../flags/is-flag.ts';
import type { World } from '../world.ts';
import type { Interrupt } from './interrupt.ts';
import { backgroundVariable, startDetached } from './start-detached.ts';
import type { Started } from './start-detached.ts';
import { createStderrLogger } from './stderr-logger.ts';

/** The world as a process finds it. The core is loaded when it is first needed. */
export function createWorld(process: NodeJS.Process, interrupt: Interrupt): World {
  const cwd = process.cwd();
  const debug = isDebug(process.argv.slice(2));
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    cwd,
    environment: process.env,
    signal: interrupt.signal,
    gaveUp: interrupt.gaveUp,
    now: () => performance.now(),
    startDetached: () => startDetached(process, interrupt.signal),
    ...tellStarter(process),
    loadConfig: (flags) => loadConfigFor(flags, cwd),
    createApi: async (config) => {
      const { createImageApi } = await import('image-api');
      // Drivers that were installed with this program are found from here.
      return createImageApi(config, { resolveFrom: [import.meta.url], ...(debug && { logger: createStderrLogger(process.stderr) }) });
    },
  };
}

function tellStarter(process: NodeJS.Process): Pick<World, 'tellStarter'> {
  if (process.env[backgroundVariable] === undefined || !process.connected) return {};
  const tell = (started: Started): void => {
    // Nothing more to say, and the channel would keep us alive.
    process.send?.(started, () => process.disconnect());
  };
  return { tellStarter: tell };
}

async function loadConfigFor(flags: CommandFlags, cwd: string): Promise<ResolvedConfig> {
  const { loadConfig } = await import('image-api');
  const config = await loadConfig({ cwd, ...(flags.config !== undefined && { file: flags.config }) });
  if (flags.sshConfig === undefined) return config;
  const configFile = resolve(cwd, flags.sshConfig);
  await access(configFile, constants.R_OK).catch((cause: unknown) => {
    throw badOption(`--ssh-config ${JSON.stringify(flags.sshConfig)}: ${configFile} cannot be read; name an ssh configuration file`, cause);
  });
  return { ...config, ssh: { ...config.ssh, configFile } };
}
