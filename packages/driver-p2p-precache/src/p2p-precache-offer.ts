import type { AcceptedOffer, TransferRequest } from '@image-api/driver';
import { duplicateCommand } from '@image-api/host';
import type { CloneChance } from '@image-api/host';
import type { Entry } from './cache/entry.ts';

/** What an ordinary disk does; the other drivers' estimates are on the same scale. */
const bytesPerSecond = 400e6;
const startSeconds = 0.01;
const cloneSeconds = 0.03;
/** How fast an image is hashed. */
const checkedPerSecond = 500e6;

/** Why the driver will not do it, whatever is in its cache; `undefined` when it might. */
export function refusal({ to, toFormat, held, limits, priority }: TransferRequest): string | undefined {
  if (to.scheme !== 'file') return `copies to files of this machine only, not to ${to.scheme}`;
  if (to.facts.kind === 'block') return 'copies into files only, not onto devices';
  if (toFormat !== undefined) return `cannot convert to ${toFormat}`;
  if (held !== undefined) return held === 'delta' ? 'cannot send only what differs' : 'cannot resume an interrupted copy';
  if (limits.bandwidth !== undefined) return 'cannot hold a limit';
  return priority === 'idle' ? 'cannot copy at idle priority' : undefined;
}

/** What it costs to take an image out of the cache. @param due it is checked before */
export function precacheOffer({ to }: TransferRequest, entry: Entry, chance: CloneChance, due: boolean): AcceptedOffer {
  const { allocated, path } = entry;
  const seconds = (chance === 'yes' ? cloneSeconds : startSeconds + allocated / bytesPerSecond) + (due ? checkSeconds(entry) : 0);
  return {
    accept: true,
    seconds,
    reason: `in the cache of this machine${chance === 'yes' ? ', cloned from there: no data is moved' : ''}`,
    commands: [{ host: 'local', ...duplicateCommand(path, to.path) }],
    space: chance === 'yes' ? 0 : allocated,
    ...(due && { notes: ['the cached image is checked first, as it was not for a while'] }),
  };
}

function checkSeconds({ manifest }: Entry): number {
  return manifest.size / checkedPerSecond;
}
