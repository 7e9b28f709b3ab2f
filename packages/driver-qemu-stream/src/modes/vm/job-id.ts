import { createHash } from 'node:crypto';
import type { Endpoint } from '@image-api/driver';

/** What a job is for. */
export type JobPurpose = 'pull' | 'copy';

/**
 * The id of our job on a disk of a machine: the same in every process, so that one which was interrupted is found again. QEMU takes letters,
 * digits and a few signs.
 */
export function jobIdOf(purpose: JobPurpose, { params }: Pick<Endpoint, 'params'>): string {
  return `image-api-${purpose}-${createHash('sha256')
    .update(params['device'] ?? '')
    .digest('hex')
    .slice(0, 12)}`;
}
