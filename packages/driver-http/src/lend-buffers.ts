import { alignedBuffers } from '@image-api/host';

/** Kept for the next copy: memory like this is dear to make, and only let go of much later. */
const idle: Uint8Array[] = [];

/** Buffers for the pieces of one copy. */
export function lendBuffers(count: number): Uint8Array[] {
  if (idle.length < count) idle.push(...alignedBuffers(count - idle.length, 'own'));
  return idle.splice(0, count);
}

/** Of buffers that the system does not use any more. */
export function takeBack(buffers: readonly Uint8Array[]): void {
  idle.push(...buffers);
}
