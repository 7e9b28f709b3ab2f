import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isImageError } from '@image-api/driver';
import type { Host } from '@image-api/driver';
import { ifThere } from '@image-api/host';
import { discard } from './discard.ts';
import type { ArrivalPlaces, Places } from './places.ts';

/** What nobody went on with for so long is not gone on with any more. */
const patienceMs = 24 * 3_600_000;

/** Remove what interrupted fetches left, unless it is young, or one is under way. */
export async function removeLeftovers(places: Places, host: Host): Promise<void> {
  const names = async (folder: string): Promise<readonly string[]> => (await ifThere(() => readdir(folder))) ?? [];
  const arrivals = [
    ...(await names(places.entries)).map((name) => ({ ...places.entry(name), whole: places.entry(name).image })),
    ...(await names(places.incoming)).map((name) => ({ ...places.unknown(name), whole: undefined })),
  ];
  for (const arrival of arrivals) if (await isAbandoned(arrival)) await removeUnlessHeld(arrival, places.trash, host);
}

async function isAbandoned({ directory, whole }: ArrivalPlaces & { readonly whole: string | undefined }): Promise<boolean> {
  const inside = (await ifThere(() => readdir(directory))) ?? [];
  if (whole !== undefined && inside.some((name) => join(directory, name) === whole)) return false;
  const times = await Promise.all([directory, ...inside.map((name) => join(directory, name))].map((path) => ifThere(() => stat(path))));
  return Math.max(...times.map((found) => found?.mtimeMs ?? 0)) < Date.now() - patienceMs;
}

async function removeUnlessHeld({ directory, lock }: ArrivalPlaces, trash: string, host: Host): Promise<void> {
  const claim = await host.claim(lock).catch((error: unknown) => {
    if (isImageError(error) && error.code === 'DESTINATION_BUSY') return undefined;
    throw error;
  });
  if (!claim) return;
  try {
    await discard(directory, trash);
    await rm(lock, { force: true });
  } finally {
    await claim.release();
  }
}
