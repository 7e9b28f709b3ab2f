import type { VerifyMode } from '../copy-options.ts';

/** Whether a copy is to be compared with its source, and not by its size alone. */
export function wantsDigest(verify: VerifyMode): verify is 'sha256' | 'read-back' {
  return verify === 'sha256' || verify === 'read-back';
}
