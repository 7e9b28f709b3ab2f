import type { ImagectlResult } from '../imagectl.ts';
import type { FileState, Surroundings } from './look-around.ts';
import type { Told } from './told.ts';

/** Where a copy was when it was killed. `after`: it was over already, and had told so. */
export type Phase = 'plan' | 'copy' | 'verify' | 'publish' | 'after';

/** What was seen of one kill: the destination before the copy, and right after the kill. */
export interface Sight {
  readonly before: Surroundings;
  readonly now: Surroundings;
  /** The digest of what was being copied. */
  readonly fresh: string;
  readonly told: Pick<Told, 'has'>;
  /** False when the copy had ended by itself. */
  readonly killed: boolean;
  readonly result: Pick<ImagectlResult, 'exitCode' | 'story'>;
}

const stagingName = /^\.x\.raw\.[0-9a-f]{16}\.part$/;

/** The phase, by what is on the disk: what a killed process had told last is older than what it had done last. */
export function phaseOf(sight: Sight): Phase {
  const { before, now, fresh, told } = sight;
  if (hasEnded(sight)) return 'after';
  if (now.image?.inode !== before.image?.inode) return 'publish';
  const staging = [...now.others].find(([name, { changedNs }]) => changedNs !== before.others.get(name)?.changedNs)?.[1];
  if (!staging) return told.has('attempt') ? 'copy' : 'plan';
  // It is private until it gets the permissions it is published with.
  if (staging.mode !== 0o600) return 'publish';
  return staging.digest === fresh ? 'verify' : 'copy';
}

/** What is not as promised, in words. */
export function breachesOf(sight: Sight): readonly string[] {
  const { before, now, fresh } = sight;
  const strange = [...now.others.keys()].filter((name) => !stagingName.test(name));
  return [
    ...(isWhole(now.image, before.image, fresh) ? [] : [`what has the name is neither old nor new: ${now.image?.digest}`]),
    ...(strange.length > 0 ? [`beside it there is ${strange.join(', ')}`] : []),
    ...(hasEnded(sight) ? breachesOfEnd(sight) : []),
  ];
}

function breachesOfEnd({ now, fresh, result }: Sight): readonly string[] {
  const { exitCode = 0, story } = result;
  return [
    ...(exitCode === 0 ? [] : [`it had failed by itself: ${story}`]),
    ...(now.image?.digest === fresh ? [] : ['it had ended, and the new image does not have the name']),
    ...(now.others.size > 0 ? [`it had ended and left ${[...now.others.keys()].join(', ')}`] : []),
  ];
}

function hasEnded({ killed, told }: Sight): boolean {
  return !killed || told.has('result');
}

function isWhole(image: FileState | undefined, old: FileState | undefined, fresh: string): boolean {
  return image !== undefined && (image.digest === fresh || image.digest === old?.digest);
}
