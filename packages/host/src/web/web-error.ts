import { ImageError, isImageError } from '@image-api/driver';
import type { ErrorCode } from '@image-api/driver';
import { escapeControl } from '../escape-control.ts';

interface Verdict {
  readonly code: ErrorCode;
  readonly what: string;
  readonly retryable?: true;
}

const passing = 'check the web server, and start the same copy again';
const network = 'check its name and the network';

/** What a status other than success and redirection means. */
export function statusError(name: string, status: number, retryAfter?: string): ImageError {
  const { code, what, retryable } = verdictOf(status);
  return webError(code, `cannot read ${name}: ${what} (status ${status})`, {
    retryable: retryable ?? false,
    details: { status, ...(retryAfter === undefined ? {} : { retryAfter }) },
  });
}

function verdictOf(status: number): Verdict {
  if (status === 404 || status === 410)
    return { code: 'SOURCE_MISSING', what: 'the web server has nothing of that name; check the address' };
  if (status === 401 || status === 407)
    return { code: 'AUTH_DENIED', what: 'it wants to know who asks; use an address that can be read without logging in' };
  if (status === 403 || status === 451)
    return { code: 'SOURCE_UNREADABLE', what: 'the web server does not allow it; check its permissions' };
  if (status === 408 || status === 425 || status === 429)
    return { code: 'READ_FAILED', what: `the web server asks to come again later; ${passing}`, retryable: true };
  if (status >= 500 && status !== 501 && status !== 505)
    return { code: 'READ_FAILED', what: `the web server is in trouble; ${passing}`, retryable: true };
  return { code: 'READ_FAILED', what: 'the web server refuses the request; check the address' };
}

/** Node's and OpenSSL's words for failures of a connection. */
const connections: Readonly<Record<string, Verdict>> = {
  ENOTFOUND: { code: 'UNREACHABLE', what: `there is no host of that name; ${network}` },
  EAI_AGAIN: { code: 'UNREACHABLE', what: `the name server does not answer; ${network}`, retryable: true },
  ECONNREFUSED: { code: 'UNREACHABLE', what: `the connection was refused; ${network}`, retryable: true },
  EHOSTUNREACH: { code: 'UNREACHABLE', what: `there is no route to it; ${network}`, retryable: true },
  ENETUNREACH: { code: 'UNREACHABLE', what: `there is no route to it; ${network}`, retryable: true },
  ETIMEDOUT: { code: 'UNREACHABLE', what: `it does not answer; ${network}`, retryable: true },
  EPROTO: { code: 'UNREACHABLE', what: 'it does not speak TLS as we do; check whether the address should begin with http:' },
  EMFILE: { code: 'RESOURCES', what: 'too many open files; run fewer copies at once', retryable: true },
  ENFILE: { code: 'RESOURCES', what: 'too many open files on the whole machine; run fewer copies at once', retryable: true },
  ENOBUFS: { code: 'RESOURCES', what: 'out of memory; run fewer copies at once', retryable: true },
};

/** What a failed connection means. What is not known counts as a connection that was lost. */
export function connectionFailure(name: string, cause: unknown): ImageError {
  if (isImageError(cause)) return cause;
  const { code: word = '', message } = cause as NodeJS.ErrnoException;
  const { code, what, retryable } = verdictOfConnection(word, message);
  return webError(code, `cannot read ${name}: ${what}`, { retryable: retryable ?? false, details: { errno: word }, cause });
}

function verdictOfConnection(word: string, message: string): Verdict {
  const known = connections[word];
  if (known) return known;
  if (/CERT|^UNABLE_TO_|^CRL_|^HOSTNAME_MISMATCH|^ERR_TLS_CERT/.test(word)) {
    const said = escapeControl(message).slice(0, 300);
    return {
      code: 'HOST_KEY',
      what: `its certificate cannot be trusted (${said}); make sure it is the right server, and name its authority in SSL_CERT_FILE`,
    };
  }
  if (/^ERR_SSL_|^ERR_TLS_/.test(word)) return { code: 'UNREACHABLE', what: 'it does not speak TLS as we do; check the web server' };
  if (word.startsWith('HPE_')) return { code: 'READ_FAILED', what: 'what answers there is no web server; check the port' };
  return { code: 'UNREACHABLE', what: `the connection was lost; check the network, and the web server`, retryable: true };
}

/** No byte for so long. */
export function silence(name: string, ms: number): ImageError {
  const seconds = Math.round(ms / 100) / 10;
  return webError('STALLED', `reading ${name} came to a halt: too little came for ${seconds} s; check the network, and the web server`, {
    retryable: true,
  });
}

/** It is another content now. */
export function changedThere(name: string, was: string, is: string): ImageError {
  return webError('SOURCE_CHANGED', `${name} changed while it was read; copy a source nobody writes to`, { details: { was, is } });
}

/** It does not do what reading in pieces takes. */
export function unfit(name: string, what: string): ImageError {
  return webError('UNSUPPORTED', `cannot read ${name} in pieces: ${what}`);
}

/** Nobody could tell where it was cut off. */
export function endless(name: string): ImageError {
  return webError(
    'UNSUPPORTED',
    `cannot read ${name}: the web server does not tell where it ends; download it by other means, and copy the file`,
  );
}

/** It answers something else than what was asked for. */
export function wrongAnswer(name: string, what: string): ImageError {
  return webError('READ_FAILED', `cannot read ${name}: ${what}; check the web server`);
}

/** Where it sends us we do not go. */
export function refusedRedirect(name: string, to: string, why: string): ImageError {
  return webError(
    'SOURCE_UNREADABLE',
    `${name} redirects to ${escapeControl(to)}, ${why}; give the address itself if it is to be trusted`,
    {
      details: { to },
    },
  );
}

type More = Partial<Pick<ConstructorParameters<typeof ImageError>[1], 'retryable' | 'details' | 'cause'>>;

function webError(code: ErrorCode, message: string, more: More = {}): ImageError {
  return new ImageError(message, { code, origin: 'source', ...more });
}
