import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { PrecacheOptions } from '@image-api/driver-p2p-precache';
import { parseLimit } from 'image-api';
import { badOption } from '../failure/to-image-error.ts';
import type { PrecacheFlags } from '../flags/flags.ts';
import { readDuration } from '../flags/read-duration.ts';

/** Where an image is to be besides this machine, and how it is to get there. */
export interface FleetChoice {
  readonly hosts: readonly string[];
  readonly options: PrecacheOptions;
}

/**
 * What was typed about other hosts; `undefined` when none was named.
 *
 * @throws ImageError BAD_OPTION
 */
export async function readFleetFlags(flags: PrecacheFlags, cwd: string): Promise<FleetChoice | undefined> {
  const { to, hostsFile, toCache, fromCached, linger, patience, limit, admit } = flags;
  if (to === undefined && hostsFile === undefined) {
    refuseAlone({ '--to-cache': toCache, '--from-cached': fromCached, '--linger': linger, '--patience': patience, '--admit': admit });
    return undefined;
  }
  if (admit !== undefined && admit !== 'hosts' && admit !== 'anybody')
    throw badOption(`--admit takes hosts or anybody, not ${JSON.stringify(admit)}`);
  const listed = to?.split(',').map((host) => host.trim()) ?? [];
  const hosts = [...listed, ...(hostsFile === undefined ? [] : hostsIn(await read(resolve(cwd, hostsFile), hostsFile)))];
  if (hosts.length === 0) throw badOption(`--hosts-file ${JSON.stringify(hostsFile)} names no host`);
  const { bandwidth, auto } = limit === undefined ? {} : parseLimit(limit);
  if (auto) throw badOption('--limit auto follows one machine, and --to has many: give a rate');
  return {
    hosts,
    options: {
      ...(toCache !== undefined && { cacheDir: toCache }),
      ...(fromCached !== undefined && { fromCached: fromCached.replace(/^(p2p:)?sha256[:-]/, '') }),
      ...(linger !== undefined && { lingerMs: linger === '0' ? 0 : readDuration('--linger', linger) }),
      ...(patience !== undefined && { patienceMs: readDuration('--patience', patience) }),
      ...(admit !== undefined && { admit }),
      ...(bandwidth !== undefined && { limits: { bandwidth } }),
    },
  };
}

/** One a line; what follows a # is a remark. */
export function hostsIn(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '');
}

function refuseAlone(values: Readonly<Record<string, string | undefined>>): void {
  const [flag] = Object.entries(values).find(([, value]) => value !== undefined) ?? [];
  if (flag !== undefined) throw badOption(`${flag} is about other hosts, and none is named: add --to or --hosts-file`);
}

function read(path: string, name: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw badOption(`--hosts-file ${JSON.stringify(name)}: ${path} cannot be read; name a file with a host a line`, cause);
  });
}
