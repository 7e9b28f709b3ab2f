import type { CommandFlags } from '../flags/flags.ts';
import { driversText } from '../plan/drivers-text.ts';
import { jsonLine } from '../text/json-line.ts';
import { unlessAborted, withApi } from '../with-api.ts';
import type { World } from '../world.ts';

/** `imagectl drivers`: who is configured, who can work here, and what each claims. */
export async function runDrivers(flags: CommandFlags, world: World): Promise<number> {
  const drivers = await withApi(world, flags, (api) => unlessAborted(world.signal, api.drivers()));
  world.stdout.write(flags.json ? jsonLine({ drivers }) : driversText(drivers));
  return 0;
}
