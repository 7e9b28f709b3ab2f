import { faultCell } from '../fault-cell.ts';
import type { Hit } from '../fault-cell.ts';
import { farFaults } from '../fault-matrix-far.ts';
import type { FarWay } from '../far-promises.ts';
import type { Lab } from '../lab.ts';
import { expectNobodyAtWork, farHalfOf, sessionOf, toolOf } from './copy-processes.ts';
import { farScene } from './far-scene.ts';
import { farFromItsEnd, hitMidway } from './hit-midway.ts';

/** Somebody of those who do a copy is killed. */
export function killCells(lab: () => Lab, way: FarWay): void {
  faultCell(lab, {
    row: farFaults.killed,
    way,
    scene: (lab) => farScene(lab, way, { mebibytes: farFromItsEnd }),
    inject: async (hit) => {
      const result = await hitMidway(hit, async (running) => process.kill(await running.pid(), 'SIGKILL'));
      await expectNobodyAtWork(hit.lab, hit.scene);
      return result;
    },
  });

  const victims = {
    toolKilled: ({ lab, scene }: Hit) => toolOf(lab, scene),
    farToolKilled: ({ lab, scene }: Hit) => farHalfOf(lab, scene),
    sessionKilled: async ({ lab, scene }: Hit) => sessionOf(await farHalfOf(lab, scene)),
  };
  for (const [row, victim] of Object.entries(victims))
    faultCell(lab, {
      row: farFaults[row as keyof typeof victims],
      way,
      scene: (lab) => farScene(lab, way, { mebibytes: farFromItsEnd }),
      inject: (hit) => hitMidway(hit, async () => process.kill((await victim(hit)).pid, 'SIGKILL')),
    });
}
