import type { JobStatus } from './block-objects.ts';
import type { QmpInteger, QmpObject } from './qmp-value.ts';

/** The events that have types, with what they carry. */
export interface QmpEvents {
  readonly JOB_STATUS_CHANGE: { readonly id: string; readonly status: JobStatus };
  /** At `pending`; only of jobs that do not finalize themselves. */
  readonly BLOCK_JOB_PENDING: { readonly id: string; readonly type: string };
  readonly BLOCK_JOB_READY: BlockJobMoment;
  /** A job that failed ends with this event, too, with an `error`. */
  readonly BLOCK_JOB_COMPLETED: BlockJobMoment & { readonly error?: string };
  readonly BLOCK_JOB_CANCELLED: BlockJobMoment;
  readonly BLOCK_JOB_ERROR: {
    readonly device: string;
    readonly operation: 'read' | 'write';
    readonly action: 'report' | 'ignore' | 'stop';
  };
  readonly BLOCK_IO_ERROR: {
    readonly device: string;
    readonly 'node-name'?: string;
    readonly operation: 'read' | 'write';
    readonly action: 'report' | 'ignore' | 'stop';
    readonly nospace?: boolean;
    readonly reason: string;
  };
  readonly BLOCK_EXPORT_DELETED: { readonly id: string };
  readonly STOP: QmpObject;
  readonly RESUME: QmpObject;
  readonly SHUTDOWN: { readonly guest: boolean; readonly reason: string };
}

interface BlockJobMoment {
  /** The job's id. */
  readonly device: string;
  readonly type: string;
  readonly len: QmpInteger;
  readonly offset: QmpInteger;
  readonly speed: QmpInteger;
}

/** Something that happened; `atMs` is the machine's clock then, in milliseconds since 1970. */
export type QmpEvent = { readonly [Name in keyof QmpEvents]: Happening<Name, QmpEvents[Name]> }[keyof QmpEvents];

/** An event that has no types here. */
export type OtherQmpEvent = Happening<string, QmpObject>;

interface Happening<Name extends string, Data> {
  readonly name: Name;
  readonly data: Data;
  readonly atMs: number;
}
