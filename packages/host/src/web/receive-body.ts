import type { IncomingMessage } from 'node:http';
import { BodyTap } from './body-tap.ts';
import type { Filling, Receiving } from './body-tap.ts';
import { connectionFailure, wrongAnswer } from './web-error.ts';

/**
 * Take in what an answer holds, until all is filled. What came stays, however it ends.
 *
 * @throws ImageError retryable when the connection was lost or too little came, `READ_FAILED` when there is more than there is room for
 */
export async function receiveBody(response: IncomingMessage, into: Filling, receiving: Receiving): Promise<void> {
  const tap = new BodyTap(response);
  try {
    if (!(await tap.takeInto(into, receiving))) throw connectionFailure(receiving.name, new Error('it ended too early'));
    await expectEnd(tap, receiving);
  } catch (error) {
    tap.close();
    throw error;
  }
}

/** A connection can be used again as soon as its answer has come to an end. */
export async function expectEnd(tap: BodyTap, receiving: Receiving): Promise<void> {
  const more = { bytes: new Uint8Array(1), filled: 0 };
  if (await tap.takeInto(more, receiving)) throw wrongAnswer(receiving.name, 'it sends more than it was asked for');
}
