import { isImageError } from '@image-api/driver';
import type { ResolvedConfig } from 'image-api';
import type { CommandFlags } from '../flags/flags.ts';
import { unlessAborted } from '../with-api.ts';
import type { World } from '../world.ts';
import type { Check } from './check.ts';
import { checkDrivers } from './check-drivers.ts';
import { checkNode } from './check-node.ts';
import { checkRuntimeDirectory } from './check-runtime-directory.ts';
import { checkTools } from './check-tools.ts';

/** Everything that copies need on this machine, from the ground up. */
export async function examine(flags: CommandFlags, world: World): Promise<readonly Check[]> {
  const { environment } = world;
  return [
    checkNode(process.version),
    ...(await checkTools(environment['PATH'] ?? '')),
    await checkRuntimeDirectory(environment, process.getuid?.() ?? 0),
    ...(await checkConfig(flags, world)),
  ];
}

/** With a config that is not valid nothing can be copied, so no driver is asked. */
async function checkConfig(flags: CommandFlags, world: World): Promise<readonly Check[]> {
  try {
    const config = await world.loadConfig(flags);
    const found: Check = { name: 'config', status: 'ok', detail: config.file ?? 'no file found: the defaults hold' };
    return [found, ...(await driversOf(config, world))];
  } catch (error) {
    if (!isImageError(error) || error.origin !== 'caller' || error.code === 'CANCELLED') throw error;
    return [{ name: 'config', status: 'fail', detail: error.message, advice: 'mend it: without that, every copy ends with 2' }];
  }
}

async function driversOf(config: ResolvedConfig, world: World): Promise<readonly Check[]> {
  const api = await world.createApi(config);
  try {
    return checkDrivers(await unlessAborted(world.signal, api.drivers()));
  } finally {
    await api.dispose();
  }
}
