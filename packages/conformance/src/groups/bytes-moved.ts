import type { TransferReport } from '@image-api/driver';
import { expect } from 'vitest';

/** What a copy had to move, by its own account: what it sent, or within one machine what it did not skip. */
export function bytesMoved(report: TransferReport | undefined): number {
  const { bytesSent, bytesLogical, bytesSkipped } = report?.counters ?? {};
  if (bytesSent !== undefined && bytesSent > 0) return bytesSent;
  if (bytesLogical !== undefined && bytesSkipped !== undefined) return bytesLogical - bytesSkipped;
  return expect.fail(`its report does not say what was sent or skipped: ${JSON.stringify(report)}`);
}
