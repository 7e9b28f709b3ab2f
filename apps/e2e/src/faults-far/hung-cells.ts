import { faultCell } from '../fault-cell.ts';
import type { Hit } from '../fault-cell.ts';
import { farFaults } from '../fault-matrix-far.ts';
import type { FarWay } from '../far-promises.ts';
import type { Lab } from '../lab.ts';
import { farHalfOf, sessionOf } from './copy-processes.ts';
import { farScene } from './far-scene.ts';
import { farFromItsEnd, hitToTheEnd, impatient, oneTry } from './hit-midway.ts';
import type { MidwayOptions } from './hit-midway.ts';
import type { Mend } from './network.ts';

const stallMs = 2000;

/** Somebody on the far side is there, and does nothing. */
export function hungCells(lab: () => Lab): void {
  hang(lab, 'hungSession', async (hit) => sessionOf(await farHalfOf(hit.lab, hit.scene)));
  hang(lab, 'hung', (hit) => farHalfOf(hit.lab, hit.scene), { config: impatient(stallMs) });
  hang(lab, 'hungForGood', (hit) => farHalfOf(hit.lab, hit.scene), { config: impatient(stallMs, oneTry) });
}

function hang(
  lab: () => Lab,
  fault: 'hung' | 'hungForGood' | 'hungSession',
  victim: (hit: Hit) => Promise<{ readonly pid: number }>,
  options?: MidwayOptions,
): void {
  for (const way of Object.keys(farFaults[fault].ways) as FarWay[])
    faultCell<string>(lab, {
      row: farFaults[fault],
      way,
      scene: (lab) => farScene(lab, way, { mebibytes: farFromItsEnd }),
      inject: (hit) => hitToTheEnd(hit, async () => stop((await victim(hit)).pid), options),
    });
}

async function stop(pid: number): Promise<Mend> {
  process.kill(pid, 'SIGSTOP');
  return async () => void process.kill(pid, 'SIGCONT');
}
