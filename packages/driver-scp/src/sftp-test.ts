import { isImageError } from '@image-api/driver';
import { escapeControl } from '@image-api/host';
import type { RunResult } from '@image-api/driver';
import { sftpTestArgs } from './scp-args.ts';
import type { FarEnd, Way } from './scp-way.ts';

const deadlineMs = 5000;

/** Why scp would fail at one of the far ends; `undefined` when each starts its half and falls silent. */
export async function whyNoSftp(way: Way, signal: AbortSignal): Promise<string | undefined> {
  const reasons = await Promise.all(way.far.map((end) => testEnd(way, end, signal)));
  return reasons.find((reason) => reason !== undefined);
}

async function testEnd({ on, options, environment }: Way, { name, address }: FarEnd, signal: AbortSignal): Promise<string | undefined> {
  try {
    // Nothing is sent: a server that works sees the end of its input and goes.
    const result = await on.run('ssh', sftpTestArgs(address, options), { signal, deadlineMs, environment });
    const reason = judgeSftpTest(result);
    return reason && `${name} ${reason}`;
  } catch (error) {
    if (isImageError(error) && error.code === 'DEADLINE') return `${name} did not start sftp within ${deadlineMs / 1000} s`;
    throw error;
  }
}

/** What a test says of a host, as the end of a sentence that begins with its name. */
export function judgeSftpTest({ exitCode, stdout, stderr }: Pick<RunResult, 'exitCode' | 'stdout' | 'stderr'>): string | undefined {
  // Through a shared connection ssh is silent about a refusal.
  const refused = exitCode === 255 && (stderr.trim() === '' || stderr.includes('subsystem request failed'));
  if (refused || exitCode === 127 || exitCode === 126) return 'offers no sftp, which scp needs';
  if (exitCode === 255) return `cannot be logged in to: ${escapeControl(stderr.trim().split('\n').at(-1) ?? '')}`;
  return stdout === ''
    ? undefined
    : 'says things of its own to every login, which scp cannot understand: silence its shell for sessions without a terminal';
}
