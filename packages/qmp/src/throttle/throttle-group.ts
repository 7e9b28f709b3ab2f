import { QmpError } from '../qmp-error.ts';
import type { QmpObject } from '../qmp-value.ts';
import type { ExecuteOptions, Qmp } from '../qmp.ts';
import { flawOfLimits } from './flaw-of-limits.ts';
import { groupLimits, limitsOfGroup } from './throttle-limits.ts';
import type { ThrottleLimits } from './throttle-limits.ts';

/**
 * Make a group of limits, which throttle nodes share fairly that name it.
 *
 * @throws QmpError `argument` when the limits contradict each other
 */
export async function addThrottleGroup(qmp: Qmp, id: string, limits: ThrottleLimits, options?: ExecuteOptions): Promise<void> {
  refuseFlawed(limits);
  await qmp.execute('object-add', { 'qom-type': 'throttle-group', id, limits: groupLimits(limits) }, options);
}

/** What is in force. */
export async function readThrottleGroup(qmp: Qmp, id: string, options?: ExecuteOptions): Promise<ThrottleLimits> {
  return limitsOfGroup((await qmp.execute('qom-get', limitsProperty(id), options)) as QmpObject);
}

/**
 * Replace all limits of a group, live. What is missing is no longer limited.
 *
 * @returns what is in force
 * @throws QmpError `argument` when the limits contradict each other
 */
export async function setThrottleGroup(qmp: Qmp, id: string, limits: ThrottleLimits, options?: ExecuteOptions): Promise<ThrottleLimits> {
  refuseFlawed(limits);
  await qmp.execute('qom-set', { ...limitsProperty(id), value: groupLimits(limits) }, options);
  return readThrottleGroup(qmp, id, options);
}

/** QEMU refuses it while a node uses the group. */
export async function removeThrottleGroup(qmp: Qmp, id: string, options?: ExecuteOptions): Promise<void> {
  await qmp.execute('object-del', { id }, options);
}

/** @throws QmpError `argument` when the limits contradict each other */
export function refuseFlawed(limits: ThrottleLimits): void {
  const flaw = flawOfLimits(limits);
  if (flaw) throw new QmpError(flaw, { kind: 'argument' });
}

function limitsProperty(id: string): { readonly path: string; readonly property: 'limits' } {
  return { path: `/objects/${id}`, property: 'limits' };
}
