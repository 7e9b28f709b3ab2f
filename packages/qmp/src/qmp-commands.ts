import type {
  BlockGraph,
  BlockJobInfo,
  BlockStats,
  DriveInfo,
  ExportInfo,
  ExportOptions,
  JobInfo,
  NodeInfo,
  NodeOptions,
  ThrottleGroupLimits,
} from './block-objects.ts';
import type { QmpInteger, QmpObject, QmpValue } from './qmp-value.ts';

/** What a command takes, and what it answers. */
interface Command<Arguments, Result = Nothing> {
  readonly arguments: Arguments;
  readonly result: Result;
}

type Nothing = Readonly<Record<string, never>>;

/** What a job does when reading or writing fails. */
export type OnError = 'report' | 'ignore' | 'enospc' | 'stop' | 'auto';

/** The part that all commands share that start a block job. */
interface JobOptions {
  /** Default: the device's name. A node has none, and needs it. */
  readonly 'job-id'?: string;
  /** Bytes per second; 0, the default, is no limit. */
  readonly speed?: QmpInteger;
  /** Default true: it goes on from `pending` by itself. */
  readonly 'auto-finalize'?: boolean;
  /** Default true: it is forgotten as soon as it has ended, and its outcome with it. */
  readonly 'auto-dismiss'?: boolean;
}

interface FilteredJobOptions extends JobOptions {
  readonly 'filter-node-name'?: string;
}

export interface StreamOptions extends FilteredJobOptions {
  readonly device: string;
  readonly base?: string;
  readonly 'base-node'?: string;
  readonly bottom?: string;
  readonly 'backing-file'?: string;
  readonly 'on-error'?: OnError;
}

export interface CommitOptions extends FilteredJobOptions {
  readonly device: string;
  readonly base?: string;
  readonly 'base-node'?: string;
  readonly top?: string;
  readonly 'top-node'?: string;
  readonly 'backing-file'?: string;
  readonly 'on-error'?: OnError;
}

export interface MirrorOptions extends FilteredJobOptions {
  readonly device: string;
  readonly target: string;
  readonly sync: 'full' | 'top' | 'none';
  readonly replaces?: string;
  readonly granularity?: QmpInteger;
  readonly 'buf-size'?: QmpInteger;
  readonly 'on-source-error'?: OnError;
  readonly 'on-target-error'?: OnError;
  readonly 'copy-mode'?: 'background' | 'write-blocking';
}

export interface BackupOptions extends FilteredJobOptions {
  readonly device: string;
  readonly target: string;
  readonly sync: 'full' | 'top' | 'none' | 'incremental' | 'bitmap';
  readonly bitmap?: string;
  readonly 'bitmap-mode'?: 'on-success' | 'never' | 'always';
  readonly compress?: boolean;
  readonly 'on-source-error'?: OnError;
  readonly 'on-target-error'?: OnError;
  readonly 'x-perf'?: { readonly 'use-copy-range'?: boolean; readonly 'max-workers'?: number; readonly 'max-chunk'?: number };
}

export interface CreateOptions {
  readonly 'job-id': string;
  /** The image to make; what is made where depends on its driver. */
  readonly options: QmpObject & { readonly driver: string };
}

/** Limits of a machine's drive in the words of `block_set_io_throttle`: `bps` is the total, then reads and writes apart. */
export type DriveThrottle = {
  readonly [Name in 'bps' | 'bps_rd' | 'bps_wr' | 'iops' | 'iops_rd' | 'iops_wr']: QmpInteger;
} & {
  readonly [Name in `${'bps' | 'bps_rd' | 'bps_wr' | 'iops' | 'iops_rd' | 'iops_wr'}_max${'' | '_length'}` | 'iops_size']?: QmpInteger;
};

export type SocketAddress =
  | { readonly type: 'unix'; readonly path: string }
  | { readonly type: 'inet'; readonly host: string; readonly port: string };

interface JobId {
  readonly id: string;
}

interface BlockJobId {
  /** The job's id. */
  readonly device: string;
}

interface ObjectProperty {
  readonly path: string;
  readonly property: string;
}

/** The commands that have types. Any other is sent with `executeOther`. */
export interface QmpCommands {
  readonly qmp_capabilities: Command<{ readonly enable?: readonly 'oob'[] } | undefined>;
  readonly quit: Command<undefined>;
  readonly stop: Command<undefined>;
  readonly cont: Command<undefined>;
  readonly system_powerdown: Command<undefined>;
  readonly 'query-version': Command<undefined, QmpVersion>;
  readonly 'query-status': Command<undefined, { readonly status: string; readonly running: boolean }>;
  readonly 'query-commands': Command<undefined, readonly { readonly name: string }[]>;
  readonly 'human-monitor-command': Command<{ readonly 'command-line': string; readonly 'cpu-index'?: number }, string>;

  readonly 'blockdev-add': Command<NodeOptions>;
  readonly 'blockdev-del': Command<{ readonly 'node-name': string }>;
  readonly 'blockdev-reopen': Command<{ readonly options: readonly NodeOptions[] }>;
  readonly 'change-backing-file': Command<{ readonly device: string; readonly 'image-node-name': string; readonly 'backing-file': string }>;
  readonly block_resize: Command<{ readonly 'node-name'?: string; readonly device?: string; readonly size: QmpInteger }>;
  readonly 'query-named-block-nodes': Command<{ readonly flat?: boolean } | undefined, readonly NodeInfo[]>;
  readonly 'query-block': Command<undefined, readonly DriveInfo[]>;
  readonly 'query-blockstats': Command<{ readonly 'query-nodes'?: boolean } | undefined, readonly BlockStats[]>;
  readonly 'x-debug-query-block-graph': Command<undefined, BlockGraph>;
  readonly 'block-dirty-bitmap-add': Command<{
    readonly node: string;
    readonly name: string;
    readonly granularity?: QmpInteger;
    readonly persistent?: boolean;
    readonly disabled?: boolean;
  }>;
  readonly 'block-dirty-bitmap-remove': Command<{ readonly node: string; readonly name: string }>;

  readonly 'blockdev-create': Command<CreateOptions>;
  readonly 'block-stream': Command<StreamOptions>;
  readonly 'block-commit': Command<CommitOptions>;
  readonly 'blockdev-mirror': Command<MirrorOptions>;
  readonly 'blockdev-backup': Command<BackupOptions>;
  readonly transaction: Command<{
    readonly actions: readonly { readonly type: string; readonly data: QmpObject }[];
    readonly properties?: { readonly 'completion-mode'?: 'individual' | 'grouped' };
  }>;

  readonly 'query-jobs': Command<undefined, readonly JobInfo[]>;
  readonly 'query-block-jobs': Command<undefined, readonly BlockJobInfo[]>;
  readonly 'job-pause': Command<JobId>;
  readonly 'job-resume': Command<JobId>;
  readonly 'job-cancel': Command<JobId>;
  readonly 'job-complete': Command<JobId>;
  readonly 'job-finalize': Command<JobId>;
  readonly 'job-dismiss': Command<JobId>;
  readonly 'block-job-set-speed': Command<BlockJobId & { readonly speed: QmpInteger }>;
  readonly 'block-job-cancel': Command<BlockJobId & { readonly force?: boolean }>;

  readonly 'nbd-server-start': Command<{ readonly addr: LegacySocketAddress; readonly 'max-connections'?: number }>;
  readonly 'nbd-server-stop': Command<undefined>;
  readonly 'block-export-add': Command<ExportOptions>;
  readonly 'block-export-del': Command<JobId & { readonly mode?: 'safe' | 'hard' }>;
  readonly 'query-block-exports': Command<undefined, readonly ExportInfo[]>;

  readonly 'object-add': Command<QmpObject & { readonly 'qom-type': string; readonly id: string }>;
  readonly 'object-del': Command<JobId>;
  readonly 'qom-list': Command<{ readonly path: string }, readonly { readonly name: string; readonly type: string }[]>;
  readonly 'qom-get': Command<ObjectProperty, QmpValue>;
  readonly 'qom-set': Command<ObjectProperty & { readonly value: QmpValue | ThrottleGroupLimits }>;
  readonly block_set_io_throttle: Command<
    DriveThrottle & { readonly device?: string; /** The device's id or path. */ readonly id?: string; readonly group?: string }
  >;
}

/** `nbd-server-start` still takes its address in this older form. */
export type LegacySocketAddress = {
  readonly type: SocketAddress['type'];
  readonly data: { readonly path: string } | { readonly host: string; readonly port: string };
};

export interface QmpVersion {
  readonly qemu: { readonly major: number; readonly minor: number; readonly micro: number };
  /** The distribution's own version, or nothing. */
  readonly package: string;
}
