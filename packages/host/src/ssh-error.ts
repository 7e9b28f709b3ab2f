import { ImageError } from '@image-api/driver';
import type { ErrorCode, ErrorOrigin } from '@image-api/driver';
import { escapeControl } from './escape-control.ts';

interface Verdict {
  readonly pattern: RegExp;
  readonly code: ErrorCode;
  readonly what: string;
  readonly retryable?: true;
}

/** In this order: what is about security wins over what is about the network, because both can be in the same output. */
const verdicts: readonly Verdict[] = [
  { pattern: /REMOTE HOST IDENTIFICATION HAS CHANGED/, code: 'HOST_KEY', what: 'its host key is not the one in known_hosts' },
  {
    pattern: /Host key verification failed|No \S+ host key is known|host key .*revoked/i,
    code: 'HOST_KEY',
    what: 'its host key is not known',
  },
  {
    pattern: /hostname contains invalid characters|remote username contains invalid characters/,
    code: 'BAD_ENDPOINT',
    what: 'ssh refuses the name',
  },
  {
    pattern: /Permission denied \([a-z]|Too many authentication failures|No supported authentication methods/,
    code: 'AUTH_DENIED',
    what: 'it refused every key',
  },
  {
    pattern: /UNPROTECTED PRIVATE KEY|Load key .*: (invalid format|Permission denied|error in libcrypto)/,
    code: 'AUTH_DENIED',
    what: 'the private key cannot be used',
  },
  {
    pattern: /Bad configuration option|Can't open user config file|terminating, \d+ bad configuration/,
    code: 'BAD_CONFIG',
    what: 'the ssh configuration is not valid',
  },
  {
    pattern: /Could not resolve hostname .*(Temporary failure|Try again)/i,
    code: 'UNREACHABLE',
    what: 'the name server does not answer',
    retryable: true,
  },
  {
    pattern: /Could not resolve hostname|Name or service not known|nodename nor servname/i,
    code: 'UNREACHABLE',
    what: 'there is no host of that name',
  },
  {
    pattern: /Unable to negotiate|no matching (host key|cipher|key exchange|MAC)/i,
    code: 'UNREACHABLE',
    what: 'both ssh have no algorithm in common',
  },
  { pattern: /Connection refused/i, code: 'UNREACHABLE', what: 'the connection was refused', retryable: true },
  { pattern: /timed out|not responding/i, code: 'UNREACHABLE', what: 'it does not answer', retryable: true },
  { pattern: /No route to host|Network is unreachable/i, code: 'UNREACHABLE', what: 'there is no route to it', retryable: true },
  {
    pattern:
      /Connection reset|Connection closed|closed by remote host|kex_exchange_identification|Broken pipe|lost connection|send disconnect|Connection to \S+ closed|Connection aborted|mux_client|Session open refused|Control socket/i,
    code: 'UNREACHABLE',
    what: 'the connection was lost',
    retryable: true,
  },
];

/**
 * What an ssh, or a tool that brings its own, said about reaching a host, judged: `HOST_KEY`, `AUTH_DENIED`, `BAD_ENDPOINT`,
 * `BAD_CONFIG`, or `UNREACHABLE`, of which those are retryable that may pass by themselves. `undefined` when the words are about
 * something else. Only ask when the tool failed: a remote file name may hold any words.
 *
 * @param host as the caller named it, for the message
 */
export function sshError(stderr: string, host: string, origin: ErrorOrigin = 'core'): ImageError | undefined {
  const verdict = verdicts.find(({ pattern }) => pattern.test(stderr));
  if (!verdict) return undefined;
  return new ImageError(`cannot reach ${escapeControl(host)}: ${verdict.what}; ${wayOut(verdict, escapeControl(host))}`, {
    code: verdict.code,
    origin,
    retryable: verdict.retryable ?? false,
    details: { host, stderr: escapeControl(stderr.trim().slice(-2000)) },
  });
}

/** The same for an ssh that is known to have failed: what it did not explain counts as a connection that was lost. */
export function connectionError(stderr: string, host: string): ImageError {
  const judged = sshError(stderr, host);
  if (judged) return judged;
  const name = escapeControl(host);
  const said = escapeControl(stderr.trim().split('\n').at(-1) ?? '');
  return new ImageError(
    `cannot reach ${name}: the connection was lost${said === '' ? '' : ` (${said})`}; check the network, and \`${byHand(name)} true\``,
    {
      code: 'UNREACHABLE',
      origin: 'core',
      retryable: true,
      details: { host, stderr: escapeControl(stderr.trim().slice(-2000)) },
    },
  );
}

/** The way out, with the host's own name in it. */
function wayOut({ code, what }: Verdict, host: string): string {
  if (code === 'HOST_KEY') return `make sure it is the right host, then put its key into known_hosts (\`${byHand(host)}\`)`;
  if (code === 'AUTH_DENIED') return `check user and key with \`${byHand(host)} true\``;
  if (code === 'BAD_ENDPOINT') return 'mend the name';
  if (code === 'BAD_CONFIG') return `mend what \`${byHand(host)}\` complains of`;
  return what.startsWith('there is no host')
    ? 'check its spelling, and the name server'
    : `check the network, and \`${byHand(host)} true\``;
}

/** `user@host:port` as a person would type it after `ssh`. */
export function byHand(host: string): string {
  const [, name = host, port] = /^(.*?\]?)(?::(\d+))?$/.exec(host) ?? [];
  return `ssh ${port === undefined ? '' : `-p ${port} `}${name.replaceAll(/[[\]]/g, '')}`;
}
