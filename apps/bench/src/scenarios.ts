import { benchAuto } from './bench-auto.ts';
import { benchChoice } from './bench-choice.ts';
import { benchClone } from './bench-clone.ts';
import { benchFanout } from './bench-fanout.ts';
import { benchHttp } from './bench-http.ts';
import { benchLocal } from './bench-local.ts';
import { benchManifest } from './bench-manifest.ts';
import { benchMany } from './bench-many.ts';
import { benchNeighbours } from './bench-neighbours.ts';
import { benchNeighboursOverSsh } from './bench-neighbours-over-ssh.ts';
import { benchOverhead } from './bench-overhead.ts';
import { benchPipe } from './bench-pipe.ts';
import { benchReady } from './bench-ready.ts';
import { benchVerifiedOverSsh, sshScenarios } from './bench-ssh.ts';
import { benchVerified } from './bench-verified.ts';
import { outcomeOf } from './outcome.ts';
import type { Scenario } from './scenario.ts';

/** By name, in the order of their sections on the page of benchmarks. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  overhead: { run: benchOverhead },
  local: { run: benchLocal },
  verified: { run: benchVerified },
  'verified-over-ssh': { run: benchVerifiedOverSsh, rounds: 5 },
  many: { run: benchMany },
  clone: { run: benchClone },
  pipe: { run: async (setting) => outcomeOf(await benchPipe(setting)) },
  manifest: { run: async (setting) => outcomeOf(await benchManifest(setting)) },
  auto: { run: benchAuto },
  neighbours: { run: benchNeighbours },
  ready: { run: benchReady },
  'neighbours-over-ssh': { run: benchNeighboursOverSsh },
  http: { run: benchHttp },
  ...sshScenarios,
  choice: { run: benchChoice, rounds: 3 },
  fanout: { run: benchFanout },
};
