import type { DriveInfo } from '../block-objects.ts';
import type { BlockNode } from '../graph/read-graph.ts';
import { findDrive, nameOfDrive } from '../graph/find-drive.ts';
import { readGraph } from '../graph/read-graph.ts';
import { QmpError } from '../qmp-error.ts';
import type { QmpObject } from '../qmp-value.ts';
import type { ExecuteOptions, Qmp } from '../qmp.ts';
import { readThrottleGroup, refuseFlawed, setThrottleGroup } from './throttle-group.ts';
import { driveLimits, limitsOfDrive, mergeLimits } from './throttle-limits.ts';
import type { ThrottleLimits } from './throttle-limits.ts';

/** The limits of a running disk, and where they are set. */
export interface Throttle {
  /** A drive of a machine, or a throttle node. */
  readonly kind: 'drive' | 'node';
  /** The shortest name it is known by. */
  readonly name: string;
  /** Whose limits these are, where it was given a name. A drive without limits is in no group. */
  readonly group?: string;
  readonly limits: ThrottleLimits;
  /** What else is in that group, and shares the limits. */
  readonly sharedWith: readonly string[];
}

export interface ThrottleChange {
  /** What is not mentioned stays; 0 takes a limit away. */
  readonly limits: ThrottleLimits;
  /** The group a drive is to be in from now on. If others are in it, its limits are what is changed. */
  readonly group?: string;
}

/**
 * The limits of a disk in force.
 *
 * @param name a drive by its device's id or path, its own name or its node's; or a throttle node, or the node it is put on. Not needed
 *   where there is only one drive
 * @throws QmpError `argument` when there is nothing of that name that could be limited
 */
export async function readThrottle(qmp: Qmp, name?: string, options?: ExecuteOptions): Promise<Throttle> {
  const found = await find(qmp, name, options);
  return 'drive' in found ? throttleOfDrive(found) : throttleOfNode(qmp, found, options);
}

/**
 * Change the limits of a running disk, and of all that share them.
 *
 * @returns what is in force now
 * @throws QmpError `argument` when the limits contradict each other, or there is nothing of that name
 */
export async function changeThrottle(
  qmp: Qmp,
  name: string | undefined,
  change: ThrottleChange,
  options?: ExecuteOptions,
): Promise<Throttle> {
  const found = await find(qmp, name, options);
  if ('drive' in found) await changeDrive(qmp, found, change, options);
  else await changeNode(qmp, found, change, options);
  return readThrottle(qmp, name, options);
}

/** Take all limits away. A drive then leaves its group; a throttle node stays in its own, which limits nothing. */
export async function clearThrottle(qmp: Qmp, name?: string, options?: ExecuteOptions): Promise<Throttle> {
  const found = await find(qmp, name, options);
  if ('drive' in found) await qmp.execute('block_set_io_throttle', { ...driveLimits({}), ...addressOf(found.drive) }, options);
  else await setThrottleGroup(qmp, found.group, {}, options);
  return readThrottle(qmp, name, options);
}

interface FoundDrive {
  readonly drive: DriveInfo;
  readonly drives: readonly DriveInfo[];
}

interface FoundNode {
  readonly node: string;
  readonly group: string;
  readonly graph: ReadonlyMap<string, BlockNode>;
}

async function find(qmp: Qmp, name: string | undefined, options?: ExecuteOptions): Promise<FoundDrive | FoundNode> {
  const drives = (await qmp.execute('query-block', undefined, options)).filter(({ inserted }) => inserted);
  const graph = await readGraph(qmp, options);
  const drive = name === undefined ? only(drives) : findDrive(drives, name);
  const chosen = drive ? drive.inserted?.['node-name'] : name;
  const node = chosen === undefined && drives.length > 0 ? undefined : throttleNode(graph, chosen);
  if (drive && (!node || drive.inserted?.group !== undefined)) return { drive, drives };
  if (node) return { node: node.node, group: groupOf(node), graph };
  throw new QmpError(nothingToLimit(name, drives, graph), { kind: 'argument' });
}

/** A throttle node of that name, or on the node of that name; without a name, the only one there is. */
function throttleNode(graph: ReadonlyMap<string, BlockNode>, name: string | undefined): BlockNode | undefined {
  const nodes = [...graph.values()].filter(({ driver }) => driver === 'throttle');
  if (name === undefined) return only(nodes);
  return nodes.find(({ node }) => node === name) ?? nodes.find(({ uses }) => uses['file'] === name);
}

/** QEMU tells it only among the options the node could be opened with again. */
function groupOf({ node, filename }: BlockNode): string {
  const group: unknown = filename.startsWith('json:') ? (JSON.parse(filename.slice(5)) as QmpObject)['throttle-group'] : undefined;
  if (typeof group !== 'string') throw new QmpError(`which group the throttle node ${node} is in is not known`, { kind: 'protocol' });
  return group;
}

function throttleOfDrive({ drive, drives }: FoundDrive): Throttle {
  const { inserted } = drive;
  const group = inserted?.group;
  const sharing = drives.filter((other) => other !== drive && group !== undefined && other.inserted?.group === group);
  // Limits without a group are kept in one of the drive's own name.
  const ownNames = [drive.qdev, drive.device];
  return {
    kind: 'drive',
    name: nameOfDrive(drive),
    ...(group !== undefined && (sharing.length > 0 || !ownNames.includes(group)) && { group }),
    limits: inserted ? limitsOfDrive(inserted) : {},
    sharedWith: sharing.map(nameOfDrive),
  };
}

async function throttleOfNode(qmp: Qmp, { node, group, graph }: FoundNode, options?: ExecuteOptions): Promise<Throttle> {
  const sharing = [...graph.values()].filter((other) => other.driver === 'throttle' && other.node !== node && groupOf(other) === group);
  const limits = await readThrottleGroup(qmp, group, options);
  return { kind: 'node', name: node, group, limits, sharedWith: sharing.map((other) => other.node) };
}

async function changeDrive(qmp: Qmp, { drive, drives }: FoundDrive, change: ThrottleChange, options?: ExecuteOptions): Promise<void> {
  const { group } = change;
  const member = group === undefined ? undefined : drives.find(({ inserted }) => inserted?.group === group);
  const { inserted } = member ?? drive;
  const limits = mergeLimits(inserted ? limitsOfDrive(inserted) : {}, change.limits);
  refuseFlawed(limits);
  if (group !== undefined && Object.keys(limits).length === 0)
    throw new QmpError(`the group ${group} cannot be made without limits; give at least one`, { kind: 'argument' });
  const throttle = { ...driveLimits(limits), ...addressOf(drive), ...(group !== undefined && { group }) };
  await qmp.execute('block_set_io_throttle', throttle, options);
}

async function changeNode(qmp: Qmp, { node, group }: FoundNode, change: ThrottleChange, options?: ExecuteOptions): Promise<void> {
  if (change.group !== undefined && change.group !== group)
    throw new QmpError(`the throttle node ${node} is in the group ${group}, and only drives can change theirs`, { kind: 'argument' });
  await setThrottleGroup(qmp, group, mergeLimits(await readThrottleGroup(qmp, group, options), change.limits), options);
}

/** A drive of `-blockdev` has no name of its own; some of `-drive` are not plugged into a device that has one. */
function addressOf({ device, qdev }: DriveInfo): { readonly id: string } | { readonly device: string } {
  return qdev === undefined ? { device } : { id: qdev };
}

function only<T>(all: readonly T[]): T | undefined {
  return all.length === 1 ? all[0] : undefined;
}

function nothingToLimit(name: string | undefined, drives: readonly DriveInfo[], graph: ReadonlyMap<string, BlockNode>): string {
  const throttled = [...graph.values()].filter(({ driver }) => driver === 'throttle').map(({ node }) => node);
  const known = [...new Set([...drives.map(nameOfDrive), ...throttled])].toSorted();
  const there = known.length > 0 ? `there ${known.length === 1 ? 'is' : 'are'} ${known.join(', ')}` : 'there is none';
  if (name === undefined) return `say which disk is meant; ${there}`;
  return graph.has(name) && drives.length === 0
    ? `the node ${name} has no throttle node on it, and only through one it could be limited; ${there}`
    : `no disk ${name} can be limited; ${there}`;
}
