import type { CopyOptions, VerifyMode } from '../copy-options.ts';
import type { Look } from '../look/look.ts';
import { isKnownAgain } from '../run/can-resume.ts';
import { whyNotCompared } from '../run/verify-converted.ts';
import type { SafeImage } from '../safety/check-source-image.ts';
import { comparesContent } from './wants-digest.ts';

/** Schemes whose bytes anybody on the way can read and change. */
const unencrypted = new Set(['http', 'nbd', 'rsync']);

/** All that there may be something to say of. */
export interface Remarkable {
  readonly look: Look;
  readonly inPlace: boolean;
  readonly options: CopyOptions;
  readonly verify: VerifyMode;
  readonly image: SafeImage | undefined;
}

/** What the user should know of a copy beforehand, whichever driver does it. */
export function notesOf({ look: { from, to }, inPlace, options, verify, image }: Remarkable): readonly string[] {
  const notes = [from.endpoint, to.endpoint]
    .filter(({ scheme }) => unencrypted.has(scheme))
    .map(({ scheme, authority }) => `unencrypted: ${scheme} to ${authority?.host ?? 'its host'} can be read and changed on the way`);
  if (inPlace) notes.push('not atomic: bytes go straight to the destination, and a failure leaves it undefined');
  if (isOpenToOthers(to.directoryMode ?? 0))
    notes.push(`others may write to ${to.directory}: they can put other files in the place of images there`);
  if (options.toFormat !== undefined && comparesContent(verify)) {
    const reason = whyNotCompared({ look: { from, to } });
    if (reason !== undefined) notes.push(`not verified: ${reason}`);
  }
  if (options.needs?.includes('readyEarly') && !isKnownAgain({ from }))
    notes.push(`nobody can tell whether ${from.endpoint.href} changes: a copy that was interrupted goes on as if it had not`);
  if (options.delta && !to.stat) notes.push('nothing is there to start a delta from: a full copy is made');
  for (const { path, format } of image?.chain ?? [])
    notes.push(`needs ${path} (${format}), which is not copied: it must be there wherever the copy is used`);
  for (const { severity, message } of image?.verdict.findings ?? []) if (severity === 'note') notes.push(message);
  return notes;
}

/** Whoever may write to a directory may rename what is in it, unless it is sticky. */
function isOpenToOthers(mode: number): boolean {
  return (mode & 0o022) !== 0 && (mode & 0o1000) === 0;
}
