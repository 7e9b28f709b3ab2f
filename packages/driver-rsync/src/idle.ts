import type { Host } from '@image-api/driver';
import { idleWords } from '@image-api/host';
import type { Job } from './rsync-args.ts';
import type { Way } from './rsync-way.ts';

/** What a plan says of a copy that gives way. */
export const idleNote =
  'idle: rsync has the lowest priority at both ends, and what arrives goes to the disk at once, in small pieces; ssh and sshd keep theirs';

/** How a copy gives way to everything else at both of its ends; a refusal where it cannot. */
export async function arrangeIdle(way: Way): Promise<Pick<Job, 'idleWords'> | { readonly refusal: string }> {
  const { on, sender, receiver } = way;
  if (!sender || !receiver)
    return { refusal: 'rsync cannot make a daemon give way: an idle copy needs ssh, or both files on this machine' };
  if (on.kind !== 'local') return { refusal: `rsync cannot copy at idle priority ${way.notes[0] ?? `on ${on.id}`}` };
  const perl = await receiver.tool('perl');
  if (!perl.available) return { refusal: `perl is to take what arrives to the disk in small pieces: ${perl.reason}` };
  for (const host of [sender, receiver]) {
    const nice = await host.tool('nice');
    if (!nice.available) return { refusal: nice.reason };
  }
  const far = [sender, receiver].find(isFar);
  return far ? { idleWords: await idleWords(far) } : {};
}

function isFar({ kind }: Host): boolean {
  return kind === 'ssh';
}
