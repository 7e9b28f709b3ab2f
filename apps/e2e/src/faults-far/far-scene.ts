import type { FarWay } from '../fault-matrix-far.ts';
import { setScene } from '../fault-scene.ts';
import type { Scene, SceneOptions } from '../fault-scene.ts';
import type { Lab } from '../lab.ts';
import { farWays } from './far-ways.ts';
import type { Role } from './far-ways.ts';

export interface FarSceneOptions extends Omit<SceneOptions, 'from' | 'to'> {
  /** The host the fault hits. Default `alpha`. */
  readonly far?: string;
  /** Where the image, or its destination, is on the far host. Default: a directory of the scene's own. */
  readonly farDirectory?: string;
}

let scenes = 0;

/** A copy along one of the ways, in directories of its own. */
export function farScene(
  lab: Lab,
  way: FarWay,
  { far = 'alpha', farDirectory, args = [], ...options }: FarSceneOptions = {},
): Promise<Scene> {
  const { driver, from, to } = farWays[way];
  const own = `/srv/far-${(scenes += 1)}`;
  const place = (role: Role, directory: string): Scene['from'] => ({
    host: lab.host(role === 'far' ? far : role),
    path: `${(role === 'far' && farDirectory) || directory}/disk.raw`,
  });
  return setScene({ ...options, from: place(from, `${own}/from`), to: place(to, `${own}/to`), args: ['--driver', driver, ...args] });
}
