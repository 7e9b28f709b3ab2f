import { isImageError } from '@image-api/driver';
import { cloneCommand } from './cp-args.ts';
import type { CopyJob } from './copy-job.ts';
import { cpError, isCloneRefusal, ofCp } from './cp-errors.ts';

/**
 * Share all blocks, which moves no data. False when the filesystem refuses, or there is no `cp` to ask it; the staging file is then as it
 * was or empty.
 *
 * @throws ImageError
 */
export async function tryClone(job: CopyJob): Promise<boolean> {
  const { request, context, host } = job;
  const { tool, args } = cloneCommand(request);
  const idle = request.priority === 'idle';
  try {
    const result = await host.run(tool, args, { signal: context.signal, killAfterMs: 1000, idle });
    if (result.exitCode === 0) return true;
    if (!isCloneRefusal(result)) throw cpError(result, request, await isEmpty(job));
    context.env.logger.debug('the filesystem refused to clone; copying instead', { stderr: result.stderr });
    return false;
  } catch (error) {
    if (isImageError(error) && error.code === 'TOOL_MISSING') return false;
    throw ofCp(error, await isEmpty(job));
  }
}

/** Whether it is certain that no byte was written. */
async function isEmpty({ request, host }: CopyJob): Promise<boolean> {
  const stat = await host.stat(request.to.path).catch(() => undefined);
  return stat?.kind === 'file' && stat.size === 0 && stat.allocated === 0;
}
