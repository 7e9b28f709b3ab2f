import type { VerifyMode } from '../copy-options.ts';

/** Whether a copy is to be compared with its source, and not by its size alone. */
export function comparesContent(verify: VerifyMode): verify is 'content' | 'sha256' | 'read-back' {
  return verify === 'content' || wantsDigest(verify);
}

/** Whether that is to tell the digest of the whole. */
export function wantsDigest(verify: VerifyMode): verify is 'sha256' | 'read-back' {
  return verify === 'sha256' || verify === 'read-back';
}
