import type { TransferContext, TransferRequest } from '@image-api/driver';
import { createPacedPipe } from './create-paced-pipe.ts';
import type { PacedPipe } from './create-paced-pipe.ts';
import { withControls } from './with-controls.ts';

/**
 * Run a tool with its bytes in a paced pipe, and let the copy it is for be paused and its limit be changed meanwhile.
 *
 * @param onMoved called up to twenty times a second while bytes move
 * @throws those of `createPacedPipe` and of `work`
 */
export async function withPacedPipe<T>(
  { limits }: Pick<TransferRequest, 'limits'>,
  context: Pick<TransferContext, 'onControl'>,
  onMoved: (pipe: PacedPipe) => void,
  work: (pipe: PacedPipe) => Promise<T>,
): Promise<T> {
  const pipe: PacedPipe = await createPacedPipe({ limits, onMoved: () => onMoved(pipe) });
  try {
    return await withControls(context, pipe, () => work(pipe));
  } finally {
    await pipe.close();
  }
}
