import { ImageError } from '@image-api/driver';
import type { ImageFormat } from '@image-api/driver';
import type { CopyOptions } from '../copy-options.ts';
import { needNames } from './screen.ts';

/** Every format an image can be of. */
export const imageFormats: readonly ImageFormat[] = ['raw', 'qcow2', 'vmdk', 'vhd', 'vhdx', 'vdi', 'qed', 'iso', 'gpt', 'luks'];

/** What each option may be; an option that is not here does not exist. */
const allowed: Readonly<Record<keyof CopyOptions, readonly string[] | 'any'>> = {
  limit: 'any',
  group: 'any',
  needs: needNames,
  driver: 'any',
  format: imageFormats,
  toFormat: imageFormats,
  verify: ['none', 'size', 'content', 'sha256', 'read-back'],
  checksum: 'any',
  overwrite: ['never', 'replace'],
  delta: 'any',
  priority: ['normal', 'idle'],
  allowBacking: 'any',
  maxVirtualSize: 'any',
  driverOptions: 'any',
  signal: 'any',
};

/**
 * Programs without types make mistakes too, and an option that nobody knows would be a promise dropped in silence.
 *
 * @throws ImageError BAD_OPTION where an option does not exist, has no possible value, or contradicts another
 */
export function checkOptions(options: CopyOptions, driverIds: readonly string[]): void {
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(allowed, name)) throw badOption(`there is no option ${name}; there are ${Object.keys(allowed).join(', ')}`);
    checkValues(name, value, allowed[name as keyof CopyOptions]);
  }
  const stranger = Object.keys(options.driverOptions ?? {}).find((id) => !driverIds.includes(id));
  if (stranger !== undefined)
    throw badOption(`driverOptions: driver ${stranger} is not configured; configured are ${driverIds.join(', ')}`);
  if (options.delta && options.overwrite !== 'replace') {
    throw badOption("delta starts from the destination's old content, so it needs --overwrite replace (overwrite: 'replace')");
  }
}

function checkValues(name: string, value: unknown, possible: readonly string[] | 'any'): void {
  if (value === undefined || possible === 'any') return;
  const wrong = (Array.isArray(value) ? (value as unknown[]) : [value]).find((one) => !possible.includes(one as string));
  if (wrong !== undefined) throw badOption(`${name} cannot be ${JSON.stringify(wrong)}: it takes ${possible.join(', ')}`);
}

/** An option that cannot be honoured. */
export function badOption(message: string): ImageError {
  return new ImageError(message, { code: 'BAD_OPTION', origin: 'caller', untouched: true });
}
