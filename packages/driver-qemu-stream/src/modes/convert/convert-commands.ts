import type { PlannedCommand } from '@image-api/driver';
import type { DaemonLimits } from '../../daemon/daemon-args.ts';
import { plannedCommands } from '../../qemu-stream-args.ts';
import type { QmpStep } from '../../qemu-stream-args.ts';
import { isInPlace } from './convert-way.ts';
import type { ConvertWay, Place } from './convert-way.ts';
import { marks } from './copy-data.ts';
import { imageNode, nodeNames, placeNode } from './open-images.ts';

/** The daemon, and what it is told. Sizes are not known before the source is open. */
export function convertCommands(way: ConvertWay, speed: number, lossSeconds: number, limits: DaemonLimits): PlannedCommand[] {
  const open: QmpStep[] = [
    ['blockdev-add', placeNode(nodeNames.fromPlace, placeOf(way), true, lossSeconds)],
    ['blockdev-add', imageNode(nodeNames.from, way.fromFormat, nodeNames.fromPlace, true)],
    ['blockdev-add', placeNode(nodeNames.toPlace, way.to, false)],
  ];
  return plannedCommands('local', limits, [...open, ...(isInPlace(way) ? overwriting(speed) : creating(way, speed))]);
}

/** What only we go to is served at a private socket. */
function placeOf({ from }: ConvertWay): Place {
  return from.kind === 'remote' ? { kind: 'nbd', address: { path: '$DIRECTORY/source' }, exportName: 'source' } : from;
}

function overwriting(speed: number): QmpStep[] {
  return [['blockdev-mirror', { device: nodeNames.from, target: nodeNames.toPlace, sync: 'full', speed }]];
}

function creating({ toFormat, compress }: ConvertWay, speed: number): QmpStep[] {
  const to = imageNode(nodeNames.to, toFormat, nodeNames.toPlace, false);
  const job = { device: nodeNames.from, target: nodeNames.to, sync: 'bitmap', bitmap: marks.bitmap, speed, compress };
  return [
    ...(toFormat === 'raw' ? [] : [['blockdev-create', { options: { driver: to.driver, file: nodeNames.toPlace } }] satisfies QmpStep]),
    ['blockdev-add', to],
    ['blockdev-backup', job],
    ['blockdev-reopen', { options: [{ ...to, 'read-only': true }] }],
  ];
}
