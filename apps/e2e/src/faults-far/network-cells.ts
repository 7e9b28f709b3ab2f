import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { faultCell } from '../fault-cell.ts';
import type { Hit } from '../fault-cell.ts';
import type { FaultRow } from '../fault-matrix.ts';
import { farFaults } from '../fault-matrix-far.ts';
import type { FarWay } from '../far-promises.ts';
import type { ImagectlResult } from '../imagectl.ts';
import type { Lab } from '../lab.ts';
import type { LabHost } from '../lab-host.ts';
import { farScene } from './far-scene.ts';
import { hitMidway, hitToTheEnd, impatient, oneTry, patientRetries } from './hit-midway.ts';
import { cutNetwork, losePackets, rejectPackets, resetConnections, slowDown } from './network.ts';
import type { Mend } from './network.ts';

type Injection = (hit: Hit, far: LabHost) => Promise<ImagectlResult>;

const injections = {
  gone: async (hit, far) => boundInTime(await hitToTheEnd(hit, () => cutNetwork(far), { config: oneTry })),
  split: async (hit, far) => boundInTime(await hitToTheEnd(hit, () => cutNetwork(far, hit.lab.host('beta')), { config: oneTry })),
  cut: (hit, far) => hitMidway(hit, () => forSeconds(5, () => cutNetwork(far))),
  reset: (hit, far) => hitMidway(hit, () => forSeconds(0.5, () => restartNetwork(far)), { config: patientRetries }),
  loss: (hit, far) => hitToTheEnd(hit, () => losePackets(far, 30), { afterMebibytes: 11 }),
  trickle: (hit, far) => hitMidway(hit, () => forSeconds(5, () => slowDown(far, '1mbit')), { config: impatient(4000) }),
} as const satisfies Partial<Record<keyof typeof farFaults, Injection>>;

type NetworkFault = keyof typeof injections;

/** Slow ones first. */
export const networkFaults: readonly NetworkFault[] = Object.keys(injections) as NetworkFault[];

/** What becomes of the network becomes of all of a host, so each cell has one of its own. */
export function networkHosts(): Readonly<Record<string, object>> {
  return Object.fromEntries(networkFaults.flatMap((fault) => waysOf(fault).map((way) => [hostOf(fault, way), {}])));
}

/** The network of a far host is not what it was. */
export function networkCells(lab: () => Lab, fault: NetworkFault): void {
  const row: FaultRow = farFaults[fault];
  for (const way of waysOf(fault)) {
    const far = hostOf(fault, way);
    faultCell(lab, {
      row,
      way,
      scene: (lab) => farScene(lab, way, { far }),
      inject: (hit) => injections[fault](hit, hit.lab.host(far)),
    });
  }
}

function waysOf(fault: NetworkFault): readonly FarWay[] {
  return Object.keys(farFaults[fault].ways) as FarWay[];
}

function hostOf(fault: NetworkFault, way: FarWay): string {
  return `${fault}-${waysOf(fault).indexOf(way)}`;
}

async function forSeconds(seconds: number, fault: () => Promise<Mend>): Promise<void> {
  const mend = await fault();
  await delay(seconds * 1000);
  await mend();
}

/** As a host that starts anew does. */
async function restartNetwork(host: LabHost): Promise<Mend> {
  const mend = await rejectPackets(host);
  await resetConnections(host);
  return mend;
}

function boundInTime(result: ImagectlResult): ImagectlResult {
  expect(result.seconds, result.story).toBeLessThan(90);
  return result;
}
