import * as http from 'node:http';
import { unreachable } from './api-errors.ts';

/** How to get to an API: over TCP, as is usual, or over a Unix socket that is forwarded to it. */
export type ApiPlace = { readonly host: string; readonly port: number } | { readonly socketPath: string };

/** One call. */
export interface HttpCall {
  readonly place: ApiPlace;
  readonly agent: http.Agent;
  /** For messages. */
  readonly name: string;
  readonly path: string;
  readonly method: 'GET' | 'POST';
  readonly headers: http.OutgoingHttpHeaders;
  readonly body?: Uint8Array | undefined;
  readonly deadlineMs: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
}

/** Far more than what it says of the largest image. */
const longestAnswer = 64 * 1024 * 1024;

/**
 * Make a call, and again when the connection it was to go over had just been closed at the other end.
 *
 * @throws ImageError UNREACHABLE
 */
export async function httpCall(call: HttpCall): Promise<HttpAnswer> {
  const until = AbortSignal.timeout(call.deadlineMs);
  for (let again = 0; ; again += 1) {
    const request = http.request({
      ...call.place,
      agent: call.agent,
      path: call.path,
      method: call.method,
      headers: call.headers,
      signal: until,
    });
    try {
      return await answerTo(request, call.body);
    } catch (error) {
      if (until.aborted) throw unreachable(call.name, `nothing came within ${call.deadlineMs / 1000} s`, error);
      if (!request.reusedSocket || again >= 8) throw unreachable(call.name, (error as Error).message, error);
    }
  }
}

function answerTo(request: http.ClientRequest, body: Uint8Array | undefined): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    request.on('error', reject);
    request.once('response', (response) => {
      const pieces: Buffer[] = [];
      let length = 0;
      response.on('data', (piece: Buffer) => {
        pieces.push(piece);
        if ((length += piece.length) > longestAnswer) response.destroy(new Error('its answer does not end'));
      });
      response.on('error', reject);
      response.once('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(pieces).toString('utf8') });
      });
    });
    request.end(body);
  });
}
