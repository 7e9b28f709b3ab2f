import type { IncomingHttpHeaders } from 'node:http';
import type { ByteRange } from '@image-api/driver';
import { parseContentRange, parseUnsatisfied } from './content-range.ts';
import { changedThere, endless, statusError, unfit, wrongAnswer } from './web-error.ts';
import { identityOf, identityText, isSame } from './web-identity.ts';
import type { WebIdentity } from './web-identity.ts';

/** The beginning of an answer. */
export interface AnswerHead {
  readonly statusCode?: number | undefined;
  readonly headers: IncomingHttpHeaders;
}

/** What was known before. */
export interface Known {
  /** What was found first; `undefined` for the very first answer. */
  readonly pinned?: WebIdentity;
  /** Whether all of it, in place of a part, is an answer. Then its length may be one that the server does not tell. */
  readonly whole?: boolean;
}

/**
 * Whether an answer holds exactly the bytes that were asked for, of the content that was found there first.
 *
 * @param wanted `undefined` for all of it
 * @returns which content it is. Of the very first answer an empty one may be told by a refusal, and then there are no bytes
 * @throws ImageError
 */
export function judgeAnswer(
  name: string,
  { statusCode = 0, headers }: AnswerHead,
  wanted: ByteRange | undefined,
  { pinned, whole = false }: Known = {},
): WebIdentity {
  const changed = (now: string): Error => changedThere(name, pinned ? identityText(pinned) : '', now);
  if (statusCode === 416 || statusCode === 412) {
    const empty = parseUnsatisfied(headers['content-range']) === 0;
    if (empty && (pinned?.size ?? 0) === 0) return identityOf(headers, 0);
    if (pinned) throw changed('too short');
  }
  if (statusCode === 200) return judgeWhole(name, headers, pinned, whole);
  if (statusCode !== 206 || !wanted) throw statusError(name, statusCode, headers['retry-after']);
  checkEncoding(name, headers);
  const range = parseContentRange(headers['content-range']);
  if (!range) throw wrongAnswer(name, 'it does not say which bytes it sends');
  const now = identityOf(headers, range.size);
  if (pinned && !isSame(pinned, now)) throw changed(identityText(now));
  if (range.first !== wanted.offset || range.last !== wanted.offset + wanted.length - 1)
    throw wrongAnswer(name, 'it sends other bytes than those it was asked for');
  if (Number(headers['content-length'] ?? wanted.length) !== wanted.length)
    throw wrongAnswer(name, 'it says two different lengths of what it sends');
  return now;
}

/** All of it, though a part was asked for: it knows no parts, or it is not what we have a part of already. */
function judgeWhole(name: string, headers: IncomingHttpHeaders, pinned: WebIdentity | undefined, whole: boolean): WebIdentity {
  const now = identityOf(headers, Number(headers['content-length'] ?? Number.NaN));
  if (!pinned && now.size === 0) return now;
  if (whole) {
    checkEncoding(name, headers);
    if (pinned && !isSame(pinned, now)) throw changedThere(name, identityText(pinned), identityText(now));
    if (Number.isNaN(now.size) && !/chunked/i.test(headers['transfer-encoding'] ?? '')) throw endless(name);
    return now;
  }
  const other = pinned && (pinned.etag === undefined ? !isSame(pinned, now) : pinned.etag !== now.etag);
  if (other) throw changedThere(name, identityText(pinned), identityText(now));
  throw unfit(name, 'the web server does not serve ranges (parts of a file); download it first, and copy the file');
}

function checkEncoding(name: string, headers: IncomingHttpHeaders): void {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding.toLowerCase() !== 'identity') throw unfit(name, 'the web server sends it compressed, though it was asked not to');
}
