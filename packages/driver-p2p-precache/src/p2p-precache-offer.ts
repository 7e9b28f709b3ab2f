import type { AcceptedOffer, TransferRequest } from '@image-api/driver';
import type { CloneChance } from '@image-api/host';
import type { Entry } from './cache/entry.ts';
import { cloneCommand } from './out/clone-command.ts';

/** What an ordinary disk does; the other drivers' estimates are on the same scale. */
const bytesPerSecond = 400e6;
const startSeconds = 0.01;
const cloneSeconds = 0.03;
/** How fast an image is hashed. */
const checkedPerSecond = 500e6;

/** Why the driver will not do it, whatever is in its cache; `undefined` when it might. */
export function refusal({ to, toFormat, priority }: TransferRequest): string | undefined {
  if (to.scheme !== 'file') return `copies to files of this machine only, not to ${to.scheme}`;
  if (to.facts.kind === 'block') return 'copies into files only, not onto devices';
  if (toFormat !== undefined) return `cannot convert to ${toFormat}`;
  return priority === 'idle' ? 'cannot copy at idle priority' : undefined;
}

/** What it costs to take an image out of the cache. @param due it is checked before */
export function precacheOffer(request: TransferRequest, entry: Entry, chance: CloneChance, due: boolean): AcceptedOffer {
  const { allocated } = entry;
  const clones = chance === 'yes' && request.held === undefined;
  const rate = Math.min(bytesPerSecond, request.limits.bandwidth ?? bytesPerSecond);
  const seconds = (clones ? cloneSeconds : startSeconds + allocated / rate) + (due ? checkSeconds(entry) : 0);
  return {
    accept: true,
    seconds,
    way: 'cache',
    reason: `in the cache of this machine${clones ? ', cloned from there: no data is moved' : ''}`,
    commands: chance === 'no' || request.held !== undefined ? [] : [{ host: 'local', ...cloneCommand(entry, request.to.path) }],
    space: clones ? 0 : allocated,
    ...(due && { notes: ['the cached image is checked first, as it was not for a while'] }),
    ...limited(request, 'image'),
  };
}

/** The limit as it is held. */
export function limited({ limits: { bandwidth } }: TransferRequest, charged: 'wire' | 'image'): Pick<AcceptedOffer, 'limits' | 'charged'> {
  return bandwidth === undefined ? {} : { limits: { bandwidth }, charged };
}

function checkSeconds({ manifest }: Entry): number {
  return manifest.size / checkedPerSecond;
}
