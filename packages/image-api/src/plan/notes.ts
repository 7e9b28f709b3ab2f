import type { CopyOptions } from '../copy-options.ts';
import type { Look } from '../look/look.ts';

/** Schemes whose bytes anybody on the way can read and change. */
const unencrypted = new Set(['http', 'nbd', 'rsync']);

/** What the user should know of a copy beforehand, whichever driver does it. */
export function notesOf({ from, to }: Look, inPlace: boolean, options: CopyOptions): readonly string[] {
  const notes = [from.endpoint, to.endpoint]
    .filter(({ scheme }) => unencrypted.has(scheme))
    .map(({ scheme, authority }) => `unencrypted: ${scheme} to ${authority?.host ?? 'its host'} can be read and changed on the way`);
  if (inPlace) notes.push('not atomic: bytes go straight to the destination, and a failure leaves it undefined');
  if (options.delta && !to.stat) notes.push('nothing is there to start a delta from: a full copy is made');
  return notes;
}
