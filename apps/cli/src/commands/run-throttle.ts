import { parseUri } from 'image-api';
import { changeThrottle, clearThrottle, connectQmp, printForLibvirt, printForQemu, readThrottle } from '@image-api/qmp';
import type { Qmp, Throttle } from '@image-api/qmp';
import { badOption } from '../failure/to-image-error.ts';
import { jsonLine } from '../text/json-line.ts';
import { readThrottleFlags } from '../throttle/read-throttle-flags.ts';
import { throttleError } from '../throttle/throttle-error.ts';
import type { ThrottleFlags } from '../throttle/throttle-flags.ts';
import { throttleText } from '../throttle/throttle-text.ts';
import { unlessAborted } from '../with-api.ts';
import type { World } from '../world.ts';

/** What can be done with the limits of a running disk. */
export type ThrottleAction = 'show' | 'set' | 'clear';

/** `imagectl throttle show`, `set` and `clear`: see to the limits of a running disk, and say what is in force. */
export async function runThrottle(action: ThrottleAction, uri: string, flags: ThrottleFlags, world: World): Promise<number> {
  const { socketPath, device } = monitorOf(uri);
  const change = readThrottleFlags(flags);
  if (action === 'set' && change.group === undefined && Object.keys(change.limits).length === 0)
    throw badOption('nothing to set: give a limit, such as --bps-total 20MiB/s; see imagectl throttle set --help');
  const work = async (qmp: Qmp): Promise<Throttle> => {
    if (action === 'set') return changeThrottle(qmp, device, change);
    return action === 'clear' ? clearThrottle(qmp, device) : readThrottle(qmp, device);
  };
  const throttle = await unlessAborted(world.signal, withMonitor(socketPath, work));
  world.stdout.write(flags.json ? jsonLine(throttle) : throttleText(throttle));
  return 0;
}

/** `imagectl throttle print`: the same limits for the start of a machine. */
export async function runThrottlePrint(flags: ThrottleFlags, world: World): Promise<number> {
  const { limits, group } = readThrottleFlags(flags);
  const printers = { qemu: (): string => `${printForQemu(limits, group)}\n`, libvirt: () => printForLibvirt(limits, group) };
  const print = printers[flags.as as keyof typeof printers] as (() => string) | undefined;
  if (!print) throw badOption(`--as takes qemu or libvirt, not ${JSON.stringify(flags.as)}`);
  try {
    world.stdout.write(print());
  } catch (error) {
    throw throttleError(error);
  }
  return 0;
}

/** A monitor serves one client at a time, so it is held no longer than it takes. */
async function withMonitor<T>(socketPath: string, work: (qmp: Qmp) => Promise<T>): Promise<T> {
  try {
    const qmp = await connectQmp(socketPath);
    try {
      return await work(qmp);
    } finally {
      await qmp.close();
    }
  } catch (error) {
    throw throttleError(error);
  }
}

function monitorOf(uri: string): { readonly socketPath: string; readonly device: string | undefined } {
  const { scheme, path, params } = parseUri(uri);
  if (scheme !== 'qmp+unix')
    throw badOption(`${uri} is not a disk of a running machine; write it as qmp+unix:///run/vm.qmp?device=virtio0`);
  return { socketPath: path, device: params['device'] };
}
