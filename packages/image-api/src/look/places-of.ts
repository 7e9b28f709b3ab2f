import type { Host, PathStat } from '@image-api/driver';

/**
 * Where the bytes of a file or a device lie, by names that only the kernel gives, the outermost first: a loop device shows a file,
 * and a partition is a part of a disk. Where the kernel tells nothing of a device, it stands for itself.
 */
export async function placesOf(host: Host, stat: PathStat): Promise<readonly string[]> {
  if (stat.kind !== 'block' || stat.deviceNode === undefined) return [`file ${stat.device} ${stat.inode}`];
  return placesOfDevice(host, stat.deviceNode);
}

/** Whether writing to the one would change the other. Two parts of one disk have nothing in common but the disk. */
export function overlap(one: readonly string[], other: readonly string[]): boolean {
  const [first = '', second = ''] = [one[0], other[0]];
  const areParts = first.startsWith('part') && second.startsWith('part');
  return areParts ? first === second : one.some((place) => other.includes(place));
}

async function placesOfDevice(host: Host, device: string): Promise<readonly string[]> {
  const about = `/sys/dev/block/${device}`;
  const [file, part] = await Promise.all([ask(host, `${about}/loop/backing_file`), ask(host, `${about}/partition`)]);
  const shown = file === undefined ? undefined : await host.stat(file, { follow: true }).catch(() => undefined);
  if (shown) return [`device ${device}`, ...(await placesOf(host, shown))];
  const disk = part === undefined ? undefined : await ask(host, `${about}/../dev`);
  return disk === undefined ? [`device ${device}`] : [`part ${device}`, ...(await placesOfDevice(host, disk))];
}

/** What the kernel says in a file of its own; `undefined` where there is no such file. */
async function ask(host: Host, path: string): Promise<string | undefined> {
  const [said] = await host.read(path, [{ offset: 0, length: 4096 }]).catch(() => []);
  return said && new TextDecoder().decode(said).replace(/\n$/, '');
}
