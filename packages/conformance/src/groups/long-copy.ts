import type { Capabilities } from '@image-api/driver';
import { dense, mib } from '../content/content.ts';
import type { Content } from '../content/content.ts';
import type { Wish } from '../harness/staged-copy.ts';

/** A copy that takes a while. */
export interface LongCopy {
  readonly content: Content;
  readonly wish: Wish;
}

/** 8 MiB that take two seconds, where the driver can keep a limit; else 256 MiB, as fast as they go. */
export function longCopy({ limits }: Capabilities): LongCopy {
  return limits ? { content: dense(8 * mib), wish: { limits: { bandwidth: 4 * mib } } } : { content: dense(256 * mib), wish: {} };
}
