import type { QmpInteger, QmpObject } from './qmp-value.ts';

/** The steps a job goes through. `null` is the last, when it is forgotten. */
export type JobStatus =
  | 'undefined'
  | 'created'
  | 'running'
  | 'paused'
  | 'ready'
  | 'standby'
  | 'waiting'
  | 'pending'
  | 'aborting'
  | 'concluded'
  | 'null';

/** A job of any kind, as `query-jobs` shows it. */
export interface JobInfo {
  readonly id: string;
  readonly type: string;
  readonly status: JobStatus;
  /** How far it is, in units of its own, most often bytes. Holds for `total-progress`, too, which may still grow. */
  readonly 'current-progress': QmpInteger;
  readonly 'total-progress': QmpInteger;
  /** Why it failed; for people. */
  readonly error?: string;
}

/** A block job, as `query-block-jobs` shows it. */
export interface BlockJobInfo {
  /** The job's id. */
  readonly device: string;
  readonly type: string;
  readonly status: JobStatus;
  readonly len: QmpInteger;
  readonly offset: QmpInteger;
  readonly busy: boolean;
  readonly paused: boolean;
  readonly ready: boolean;
  /** Bytes per second; 0 is no limit. */
  readonly speed: QmpInteger;
  readonly 'io-status': 'ok' | 'failed' | 'nospace';
  readonly 'auto-finalize': boolean;
  readonly 'auto-dismiss': boolean;
  readonly error?: string;
}

/** A node, as it is asked for. The members depend on its driver. */
export interface NodeOptions extends QmpObject {
  readonly driver: string;
  readonly 'node-name'?: string;
  readonly 'read-only'?: boolean;
}

/** A node of the block graph, as `query-named-block-nodes` shows it. */
export interface NodeInfo {
  readonly 'node-name'?: string;
  /** What it was opened from: a path, or words of QEMU's own. */
  readonly file: string;
  readonly drv: string;
  readonly ro: boolean;
  readonly backing_file?: string;
  readonly backing_file_depth: number;
  readonly image: ImageInfo;
  readonly [member: string]: unknown;
}

export interface ImageInfo {
  readonly filename: string;
  readonly format: string;
  readonly 'virtual-size': QmpInteger;
  readonly 'actual-size'?: QmpInteger;
  readonly 'backing-filename'?: string;
  readonly 'full-backing-filename'?: string;
  readonly 'backing-filename-format'?: string;
  readonly 'backing-image'?: ImageInfo;
  readonly [member: string]: unknown;
}

/** A drive of a machine, as `query-block` shows it. */
export interface DriveInfo {
  /** The name of `-drive id=`; empty for drives that are made of `-device` and `-blockdev`. */
  readonly device: string;
  /** The path of the device it is plugged into, such as `/machine/peripheral/disk0/virtio-backend`. */
  readonly qdev?: string;
  readonly removable: boolean;
  readonly locked: boolean;
  /** What is in it, with its limits in the words of `block_set_io_throttle`. Absent when it is empty. */
  readonly inserted?: NodeInfo & { readonly group?: string };
}

/** Limits of a throttle group. A missing one is 0, which is no limit; when they are set, a missing one keeps its value. */
export type ThrottleGroupLimits = Readonly<Partial<Record<ThrottleName, QmpInteger>>>;

type Category = `${'bps' | 'iops'}-${'total' | 'read' | 'write'}`;

/** The numbers: bytes and requests per second; how much for a while (`-max`), and for how many seconds (`-max-length`). */
export type ThrottleName = Category | `${Category}-max` | `${Category}-max-length` | 'iops-size';

/** What a daemon or a machine shows of its blocks to others. The members depend on its type. */
export interface ExportOptions extends QmpObject {
  readonly type: 'nbd' | 'fuse' | 'vhost-user-blk' | 'vduse-blk';
  readonly id: string;
  readonly 'node-name': string;
  readonly writable?: boolean;
  /** The name of an NBD export; default the node's. */
  readonly name?: string;
}

export interface ExportInfo {
  readonly id: string;
  readonly type: string;
  readonly 'node-name': string;
  readonly 'shutting-down': boolean;
}

/** What moved through a node or a drive, in bytes and requests since it was opened. */
export interface BlockStats {
  readonly device?: string;
  readonly qdev?: string;
  readonly 'node-name'?: string;
  readonly stats: {
    readonly rd_bytes: QmpInteger;
    readonly wr_bytes: QmpInteger;
    readonly rd_operations: QmpInteger;
    readonly wr_operations: QmpInteger;
    readonly flush_operations: QmpInteger;
    /** The highest offset that was written to. */
    readonly wr_highest_offset: QmpInteger;
    readonly [member: string]: unknown;
  };
  readonly parent?: BlockStats;
  readonly backing?: BlockStats;
}

/** An edge goes from a user of blocks to what it uses; `name` is the part it plays there, such as `file` or `backing`. */
export interface BlockGraph {
  readonly nodes: readonly {
    readonly id: QmpInteger;
    readonly type: 'block-backend' | 'block-job' | 'block-driver';
    readonly name: string;
  }[];
  readonly edges: readonly { readonly parent: QmpInteger; readonly child: QmpInteger; readonly name: string }[];
}
