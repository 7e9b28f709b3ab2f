import { ImageError } from '@image-api/driver';

/** It does not listen, hangs up, or takes too long. The same may work later: it may be just starting, or being started anew. */
export function unreachable(name: string, why: string, cause?: unknown): ImageError {
  return new ImageError(`${name} does not answer: ${why}; look whether it runs, and whether this machine is overloaded`, {
    code: 'UNREACHABLE',
    origin: 'driver',
    driver: 'p2p-precache',
    retryable: true,
    ...(cause !== undefined && { cause }),
  });
}

/** The password is not the one it knows: it is not the one we mean. */
export function denied(name: string): ImageError {
  return new ImageError(`${name} does not know our password: another program listens where it should; end that, or start the copy again`, {
    code: 'AUTH_DENIED',
    origin: 'driver',
    driver: 'p2p-precache',
  });
}

/** It answers, but not what was asked. */
export function refused(name: string, call: string, status: number, words: string): ImageError {
  const said = words.trim().slice(0, 300);
  return new ImageError(
    `${name} refuses ${call} with status ${status}${said ? `: ${said}` : ''}; look at its version with imagectl doctor`,
    {
      code: 'TOOL_FAILED',
      origin: 'driver',
      driver: 'p2p-precache',
      details: { call, status },
    },
  );
}
