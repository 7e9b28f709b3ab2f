import { ImageError } from '@image-api/driver';
import type { Host, RunResult } from '@image-api/driver';
import { onSide } from '../look/on-side.ts';
import { boundsOfImageTool, imageOptions } from './compare-guest.ts';
import type { Verified } from './task.ts';
import { arrivedFormat } from './verify-input.ts';
import type { VerifyInput } from './verify-input.ts';
import { whatRemains } from './what-remains.ts';

/** All tables of the image are read, gigabytes of a very large one, and nothing is said meanwhile. */
const deadlineMs = 15 * 60_000;

/**
 * Make sure that an image that could be written to while it came is sound in itself. That it needs no other image was judged by its header.
 *
 * @throws ImageError VERIFY_FAILED, TOOL_FAILED
 */
export async function verifyChain({ ready, request, signal }: VerifyInput, host: Host): Promise<Verified> {
  const format = arrivedFormat(ready, request);
  // Others may have it open: a guest that went on.
  const image = ['-U', '--image-opts', imageOptions({ path: request.to.path, kind: 'file', format })];
  const args = [...boundsOfImageTool, '--', 'qemu-img', 'check', ...image];
  const ran = await onSide('destination', request.name, () => host.run('prlimit', args, { signal, deadlineMs }));
  const verdict = judgeCheck(ran);
  if (verdict === 'sound') return { by: 'chain' };
  if (verdict === 'no tool') return { by: 'unverified', reason: `qemu-img, which would check the image, is not installed on ${host.id}` };
  const said = `${ran.stderr}${ran.stdout}`.trim().split('\n')[0] ?? '';
  throw new ImageError(
    verdict === 'corrupt'
      ? `${request.name.href} is not sound: ${said}; ${whatRemains(ready.plan)}`
      : `qemu-img could not check ${request.to.path} on ${host.id}: ${said}`,
    { code: verdict === 'corrupt' ? 'VERIFY_FAILED' : 'TOOL_FAILED', origin: 'destination', details: { exitCode: ran.exitCode } },
  );
}

/**
 * What qemu-img's check means. Clusters that nothing refers to (3) cost room, not content, and are seen for moments while a guest writes; 63
 * is said of formats it cannot check.
 */
export function judgeCheck({ exitCode }: Pick<RunResult, 'exitCode'>): 'sound' | 'corrupt' | 'no tool' | 'failed' {
  if (exitCode === 0 || exitCode === 3) return 'sound';
  if (exitCode === 2) return 'corrupt';
  return exitCode === 127 ? 'no tool' : 'failed';
}
