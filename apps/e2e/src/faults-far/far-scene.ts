import type { FarWay } from '../far-promises.ts';
import { setScene } from '../fault-scene.ts';
import type { Scene, SceneOptions } from '../fault-scene.ts';
import type { Lab } from '../lab.ts';
import type { LabHost } from '../lab-host.ts';
import { farWays } from './far-ways.ts';
import type { Role } from './far-ways.ts';

export interface FarSceneOptions extends Omit<SceneOptions, 'from' | 'to'> {
  /** The host the fault hits. Default `alpha`. */
  readonly far?: string;
  /** Whether another driver may take over where the way's own fails. Default false. */
  readonly anyDriver?: boolean;
  /** Where the image is, and where it is to go. Default: a directory of the scene's own. */
  readonly fromDirectory?: string;
  readonly toDirectory?: string;
}

let scenes = 0;

/** A copy along one of the ways. */
export function farScene(lab: Lab, way: FarWay, { far = 'alpha', anyDriver = false, ...options }: FarSceneOptions = {}): Promise<Scene> {
  const own = `/srv/far-${(scenes += 1)}`;
  const { fromDirectory = `${own}/from`, toDirectory = `${own}/to`, args = [], ...others } = options;
  const { driver, from, to } = farWays[way];
  const hostOf = (role: Role): LabHost => lab.host(role === 'far' ? far : role);
  return setScene({
    ...others,
    from: { host: hostOf(from), path: `${fromDirectory}/disk.raw` },
    to: { host: hostOf(to), path: `${toDirectory}/disk.raw` },
    args: [...(anyDriver ? [] : ['--driver', driver]), ...args],
  });
}

/** The end of a scene that is on the far host. */
export function farEndOf(lab: Lab, { from, to }: Scene): Scene['from'] {
  return to.host === lab.here ? from : to;
}
