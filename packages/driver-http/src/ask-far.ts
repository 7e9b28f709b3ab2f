import { isImageError } from '@image-api/driver';
import type { Host, OfferContext } from '@image-api/driver';
import { askSftp } from '@image-api/host';
import type { SftpAbilities } from '@image-api/host';
import { isFar } from './far-place.ts';

const deadlineMs = 5000;

/** What the host of the destination can do; a refusal, in words, where images cannot be written there. */
export async function askFar({ hosts, signal }: OfferContext): Promise<SftpAbilities | { readonly refusal: string }> {
  const host = hosts.to;
  if (!isFar(host)) return { refusal: 'writes to hosts that are reached over ssh only' };
  const late = AbortSignal.timeout(deadlineMs);
  try {
    return await askSftp(host.ssh, { signal: AbortSignal.any([signal, late]), silenceMs: deadlineMs });
  } catch (error) {
    if (!isImageError(error)) throw error;
    if (late.aborted) return { refusal: `${host.id} did not start sftp within ${deadlineMs / 1000} s` };
    // Through a shared connection ssh is silent about a refusal.
    const isMute = error.code === 'UNREACHABLE' && (await answers(host, signal));
    return { refusal: isMute ? `${host.id} offers no sftp, by which images are written there` : error.message };
  }
}

async function answers(host: Host, signal: AbortSignal): Promise<boolean> {
  return host.run('true', [], { signal, deadlineMs }).then(
    ({ exitCode }) => exitCode === 0,
    () => false,
  );
}
