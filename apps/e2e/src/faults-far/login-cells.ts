import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { AttemptRecord } from 'image-api';
import { expect } from 'vitest';
import { faultCell } from '../fault-cell.ts';
import type { Hit } from '../fault-cell.ts';
import { farEndFaults } from '../fault-matrix-far-ends.ts';
import type { ImagectlResult } from '../imagectl.ts';
import type { Lab } from '../lab.ts';
import { linesOf } from '../result-lines.ts';
import { farHalfOf, sessionOf } from './copy-processes.ts';
import { farScene } from './far-scene.ts';
import { farFromItsEnd, hitMidway, quickly } from './hit-midway.ts';

const ways = ['ssh to a host', 'rsync to a host', 'scp from a host'] as const;

/** What changes a file, whether that happens only once bytes have arrived, and how the hosts are called. */
const changes = {
  hostKeyUnknown: { edit: forgetKey, later: false, host: 'new' },
  hostKeyChanged: { edit: changeKey, later: false, host: 'other' },
  hostKeyChanges: { edit: changeKey, later: true, host: 'turncoat' },
  refused: { edit: admitNobody, later: false, host: 'closed' },
  refusedLater: { edit: admitNobody, later: true, host: 'closing' },
} as const;

type LoginFault = keyof typeof changes;

const faults = Object.keys(changes) as readonly LoginFault[];

/** Each cell changes whom a host is known as, or lets in, and so has one of its own. */
export const loginHosts: Readonly<Record<string, object>> = Object.fromEntries(
  faults.flatMap((fault) => ways.map((way) => [hostOf(fault, way), {}])),
);

/** The far host does not let us in, or we do not trust it, from the start or later on. */
export function loginCells(lab: () => Lab): void {
  for (const fault of faults)
    for (const way of ways) {
      const { edit, later } = changes[fault];
      const far = hostOf(fault, way);
      let undo: () => void = () => undefined;
      faultCell(lab, {
        row: farEndFaults[fault],
        way,
        scene: (lab) => farScene(lab, way, { far, anyDriver: way === 'ssh to a host', ...(later && { mebibytes: farFromItsEnd }) }),
        inject: async (hit) => {
          if (later) return expectTries(await hitMidway(hit, () => returnAs(hit, () => (undo = edit(hit.lab, far)))), way, 2);
          undo = edit(hit.lab, far);
          return expectTries(await hit.start(quickly).done, way, 0);
        },
        mend: async () => undo(),
      });
    }
}

/** The connection breaks, and who answers next is not the same. */
async function returnAs({ lab, scene }: Hit, change: () => unknown): Promise<void> {
  const session = await sessionOf(await farHalfOf(lab, scene));
  change();
  process.kill(session.pid, 'SIGKILL');
}

function expectTries(result: ImagectlResult, way: (typeof ways)[number], tries: number): ImagectlResult {
  const details = linesOf(result).at(-1)?.['details'] as { readonly attempts?: readonly AttemptRecord[] } | undefined;
  const drivers = (details?.attempts ?? []).map(({ driver }) => driver);
  expect(drivers, result.story).toEqual(Array.from({ length: tries }, () => way.split(' ')[0]));
  return result;
}

function forgetKey({ here }: Lab, name: string): () => void {
  return editLines(here.outside('/etc/ssh/known_hosts'), (lines) => lines.filter((line) => !line.startsWith(`${name} `)));
}

function changeKey({ here }: Lab, name: string): () => void {
  const other = (lines: readonly string[]): string => lines.find((line) => line.startsWith('impostor '))!.replace('impostor ', `${name} `);
  return editLines(here.outside('/etc/ssh/known_hosts'), (lines) =>
    lines.map((line) => (line.startsWith(`${name} `) ? other(lines) : line)),
  );
}

function admitNobody(lab: Lab, name: string): () => void {
  return editLines(lab.host(name).outside('/etc/ssh/authorized_keys'), () => []);
}

/** Other cells change other lines meanwhile. Answers how to change those that were changed back. */
function editLines(path: string, edit: (lines: readonly string[]) => readonly string[]): () => void {
  const before = linesIn(path);
  const after = edit(before);
  replace(path, after);
  const taken = before.filter((line) => !after.includes(line));
  const added = after.filter((line) => !before.includes(line));
  return () => replace(path, [...taken, ...linesIn(path).filter((line) => !added.includes(line))]);
}

/** At one go: the ssh of another cell must not find it empty. */
function replace(path: string, lines: readonly string[]): void {
  writeFileSync(`${path}.new`, lines.join('\n'), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

function linesIn(path: string): readonly string[] {
  return readFileSync(path, 'utf8').split('\n');
}

function hostOf(fault: LoginFault, way: (typeof ways)[number]): string {
  return `${changes[fault].host}-${ways.indexOf(way)}`;
}
