import type { Extent } from '@image-api/host';
import { errnoFromText } from '@image-api/host';
import { callError } from './call-errors.ts';
import type { CopyJob } from './copy-job.ts';

/** Of what is shorter the filesystem decides when it is written. */
const worthwhile = 4 * 2 ** 20;
const most = 64;
/** There is no room, whoever asks. */
const final: ReadonlySet<string | undefined> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/**
 * Reserve room for the longest stretches of data before the first of them is written: the filesystem then decides once where they go, and
 * not again and again while others wait for it. Where it cannot reserve, nothing happens.
 *
 * @throws ImageError when there is no room
 */
export async function preallocate({ request, context, host }: CopyJob, extents: readonly Extent[]): Promise<void> {
  const { signal, env } = context;
  if (!(await host.tool('fallocate')).available) return;
  for (const { from, to } of longestOf(extents)) {
    const args = ['--offset', String(from), '--length', String(to - from), '--', request.to.path];
    const { exitCode, stderr } = await host.run('fallocate', args, { signal, idle: true, killAfterMs: 1000 });
    if (exitCode === 0) continue;
    const code = errnoFromText(stderr);
    const error = Object.assign(new Error(stderr.trim()), { code });
    if (final.has(code)) throw callError({ error, side: 'destination', request, untouched: false });
    return env.logger.debug('the filesystem reserves no room', { stderr });
  }
}

/** In the order of the file. */
function longestOf(extents: readonly Extent[]): Extent[] {
  const long = extents.filter(({ from, to }) => to - from >= worthwhile);
  const chosen = new Set(long.toSorted((one, other) => other.to - other.from - (one.to - one.from)).slice(0, most));
  return long.filter((extent) => chosen.has(extent));
}
