/**
 * What went wrong:
 *
 * - `unreachable`: nobody listens at the socket, or it may not be opened
 * - `busy`: another client holds the monitor; it serves one at a time
 * - `timeout`: no answer in the time given. A command may still be carried out
 * - `closed`: the connection is over. A command that was pending may have been carried out, or not
 * - `command`: QEMU refused the command; see `class`
 * - `protocol`: what arrived is not QMP; the connection was closed
 * - `argument`: the command was not sent, for what it says cannot be said exactly
 */
export type QmpErrorKind = 'unreachable' | 'busy' | 'timeout' | 'closed' | 'command' | 'protocol' | 'argument';

export interface QmpErrorOptions {
  readonly kind: QmpErrorKind;
  /** QEMU's class of the error, such as `GenericError`, `CommandNotFound`, `DeviceNotActive` or `DeviceNotFound`. */
  readonly class?: string;
  /** QEMU's own words. They are for people, and change between versions. */
  readonly description?: string;
  readonly cause?: unknown;
}

/** The one error of this package. Judge it by `kind`, and by `class` where the kind is `command`. */
export class QmpError extends Error {
  readonly kind: QmpErrorKind;
  readonly class?: string;
  readonly description?: string;

  static {
    Object.defineProperty(this.prototype, 'name', { value: 'QmpError', writable: true, configurable: true });
  }

  constructor(message: string, options: QmpErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = options.kind;
    if (options.class !== undefined) this.class = options.class;
    if (options.description !== undefined) this.description = options.description;
  }
}
