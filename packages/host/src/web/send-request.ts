import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { placeName } from './next-place.ts';
import type { Place } from './next-place.ts';
import { connectionFailure, silence } from './web-error.ts';
import type { WebConnections } from './web-connections.ts';

/** One request. */
export interface Sending {
  readonly connections: WebConnections;
  readonly headers: OutgoingHttpHeaders;
  readonly silenceMs: number;
  readonly signal: AbortSignal;
}

/**
 * Send a request and wait for the beginning of the answer.
 *
 * @throws ImageError those of `connectionFailure`, `STALLED`
 */
export async function sendRequest(place: Place, sending: Sending): Promise<IncomingMessage> {
  // Servers close connections that were idle for a while, also in the moment in which they are used again.
  for (let again = 0; ; again++) {
    const request = await sending.connections.request(place, sending.headers);
    try {
      return await answerTo(request, placeName(place.url), sending);
    } catch (error) {
      if (!request.reusedSocket || sending.signal.aborted || again >= 16) throw connectionFailure(placeName(place.url), error);
    }
  }
}

function answerTo(request: ClientRequest, name: string, { silenceMs, signal }: Sending): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const end = (): void => void request.destroy(new Error('given up'));
    const settle = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
    };
    signal.addEventListener('abort', end);
    // Before that it waits its turn.
    request.once('socket', () => (timer = setTimeout(() => request.destroy(silence(name, silenceMs)), silenceMs)));
    request.on('error', (error) => {
      settle();
      reject(error);
    });
    request.once('response', (response) => {
      settle();
      response.on('error', () => undefined);
      resolve(response);
    });
    request.end();
    if (signal.aborted) end();
  });
}
