import { ImageError, isImageError } from '@image-api/driver';
import type { Digest, Need } from '@image-api/driver';
import { parseLimit, parseSize } from 'image-api';
import type { CopyOptions, InspectOptions } from 'image-api';
import { badOption } from '../failure/to-image-error.ts';
import { formats, needs, overwriteModes, priorities, verifyModes } from './flag-words.ts';
import type { CopyFlags, InspectFlags } from './flags.ts';

/**
 * What was typed, as the options of one copy.
 *
 * @throws ImageError BAD_OPTION or BAD_LIMIT, naming the flag and the values it takes
 */
export function readCopyFlags(flags: CopyFlags): CopyOptions {
  return given({
    limit: flags.limit === undefined ? undefined : readLimit(flags.limit),
    group: flags.group === undefined ? undefined : notEmpty('--group', flags.group),
    needs: readNeeds(flags),
    driver: flags.driver === undefined ? undefined : notEmpty('--driver', flags.driver),
    format: flags.format === undefined ? undefined : oneOf('--format', formats, flags.format),
    toFormat: flags.toFormat === undefined ? undefined : oneOf('--to-format', formats, flags.toFormat),
    verify: flags.verify === undefined ? undefined : oneOf('--verify', verifyModes, flags.verify),
    checksum: flags.checksum === undefined ? undefined : readChecksum(flags.checksum),
    overwrite: flags.overwrite === undefined ? undefined : oneOf('--overwrite', overwriteModes, flags.overwrite),
    delta: flags.delta,
    priority: flags.priority === undefined ? undefined : oneOf('--priority', priorities, flags.priority),
    allowBacking: flags.allowBacking,
    maxVirtualSize: flags.maxVirtualSize === undefined ? undefined : readSize(flags.maxVirtualSize),
  });
}

/** What was typed, as what `inspect` is to judge by. @throws ImageError BAD_OPTION */
export function readInspectFlags(flags: InspectFlags): Pick<InspectOptions, 'format' | 'allowBacking' | 'maxVirtualSize'> {
  return given({
    format: flags.format === undefined ? undefined : oneOf('--format', formats, flags.format),
    allowBacking: flags.allowBacking,
    maxVirtualSize: flags.maxVirtualSize === undefined ? undefined : readSize(flags.maxVirtualSize),
  });
}

/** An image cannot be used early by grace: it must be what the driver promises. */
function readNeeds({ needs: list, ready }: CopyFlags): readonly Need[] | undefined {
  const listed = list?.split(',').map((need) => oneOf('--needs', needs, need.trim()));
  return ready ? [...new Set([...(listed ?? []), 'readyEarly' as const])] : listed;
}

function readSize(text: string): number {
  return naming('--max-virtual-size', () => parseSize(text));
}

function readLimit(text: string): string {
  naming('--limit', () => parseLimit(text));
  return text;
}

/** What is wrong with a value, and of which flag it is. */
function naming<T>(flag: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!isImageError(error)) throw error;
    throw new ImageError(`${flag}: ${error.message}`, {
      code: error.code,
      origin: error.origin,
      untouched: true,
      details: error.details,
      cause: error,
    });
  }
}

function readChecksum(text: string): Digest {
  const digest = text.toLowerCase();
  if (/^sha256:[0-9a-f]{64}$/.test(digest)) return digest as Digest;
  throw badOption(`--checksum takes sha256: and 64 hexadecimal digits, not ${JSON.stringify(text)}`);
}

function oneOf<T extends string>(flag: string, allowed: Readonly<Record<T, true>>, text: string): T {
  if (Object.hasOwn(allowed, text)) return text as T;
  throw badOption(`${flag} takes one of ${Object.keys(allowed).join(', ')}, not ${JSON.stringify(text)}`);
}

function notEmpty(flag: string, text: string): string {
  if (text !== '') return text;
  throw badOption(`${flag} needs a value, and it is empty`);
}

type Given<T> = { -readonly [K in keyof T]?: Exclude<T[K], undefined> };

/** The same without what was not typed: an absent option and an undefined one are not the same to the core. */
function given<T extends object>(values: T): Given<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Given<T>;
}
