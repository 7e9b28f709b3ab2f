import { ImageError } from '@image-api/driver';
import type { ErrorCode } from '@image-api/driver';
import type { QmpErrorKind } from '@image-api/qmp';
import { QmpError } from '@image-api/qmp';

const codes: Readonly<Record<QmpErrorKind, ErrorCode>> = {
  unreachable: 'UNREACHABLE',
  busy: 'DESTINATION_BUSY',
  timeout: 'STALLED',
  closed: 'UNREACHABLE',
  command: 'TOOL_FAILED',
  protocol: 'TOOL_FAILED',
  argument: 'BAD_OPTION',
};

/** What a monitor did not do, in the terms of this program. */
export function throttleError(thrown: unknown): unknown {
  if (!(thrown instanceof QmpError)) return thrown;
  const { kind, message } = thrown;
  const advice = kind === 'busy' ? '; wait until that has ended, or give the machine a second monitor (-qmp)' : '';
  const origin = kind === 'argument' ? 'caller' : 'destination';
  return new ImageError(message + advice, { code: codes[kind], origin, retryable: kind === 'busy', cause: thrown });
}
