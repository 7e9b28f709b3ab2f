import { truncate } from 'node:fs/promises';
import type { TransferRequest } from '@image-api/driver';
import { jobError } from '../job/job-error.ts';

/** What an interrupted try left is of no use. The file itself stays: it is held. @throws ImageError */
export function emptyFile(request: TransferRequest): Promise<void> {
  return cutFile(request, 0);
}

/** @throws ImageError */
export async function cutFile(request: TransferRequest, size: number): Promise<void> {
  try {
    await truncate(request.to.path, size);
  } catch (error) {
    throw jobError(error, 'destination', request, size === 0);
  }
}
