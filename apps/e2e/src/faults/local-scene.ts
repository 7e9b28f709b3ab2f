import { posix } from 'node:path';
import type { Lab } from '../lab.ts';
import { setScene } from '../fault-scene.ts';
import type { Scene, SceneOptions } from '../fault-scene.ts';
import type { LocalWay } from './slow-copy.ts';

let scenes = 0;

/** A copy within `here`, in a directory of its own; `directory` is where its destination is. */
export function localScene(
  { here }: Lab,
  way: LocalWay,
  { directory, args = [], ...options }: Omit<SceneOptions, 'from' | 'to'> & { readonly directory?: string } = {},
): Promise<Scene> {
  const own = `/srv/scene-${(scenes += 1)}`;
  const to = posix.join(directory ?? `${own}/out`, 'disk.raw');
  const [from, destination] = [`${own}/disk.raw`, to].map((path) => ({ host: here, path }));
  return setScene({ ...options, from: from!, to: destination!, args: ['--driver', way, ...args] });
}
