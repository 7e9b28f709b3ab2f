import { posix } from 'node:path';
import type { Lab } from '../lab.ts';
import { setScene } from '../fault-scene.ts';
import type { Scene, SceneOptions } from '../fault-scene.ts';
import type { LocalWay } from './slow-copy.ts';

let scenes = 0;

export interface LocalSceneOptions extends Omit<SceneOptions, 'from' | 'to'> {
  /** Directories of both ends. Default: two of its own. */
  readonly fromDirectory?: string;
  readonly toDirectory?: string;
}

/** A copy within `here`. */
export function localScene({ here }: Lab, way: LocalWay, options: LocalSceneOptions = {}): Promise<Scene> {
  const own = `/srv/scene-${(scenes += 1)}`;
  const { fromDirectory = own, toDirectory = `${own}/out`, args = [], ...rest } = options;
  return setScene({
    ...rest,
    from: { host: here, path: posix.join(fromDirectory, 'disk.raw') },
    to: { host: here, path: posix.join(toDirectory, 'disk.raw') },
    args: ['--driver', way, ...args],
  });
}
