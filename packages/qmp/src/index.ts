export type {
  BlockGraph,
  BlockJobInfo,
  BlockStats,
  DriveInfo,
  ExportInfo,
  ExportOptions,
  ImageInfo,
  JobInfo,
  JobStatus,
  NodeInfo,
  NodeOptions,
  ThrottleGroupLimits,
  ThrottleName,
} from './block-objects.ts';
export { connectQmp } from './connect-qmp.ts';
export type { ConnectOptions } from './connect-qmp.ts';
export { blockChain } from './graph/block-chain.ts';
export type { BlockLayer } from './graph/block-chain.ts';
export { findDrive, nameOfDrive } from './graph/find-drive.ts';
export { readGraph } from './graph/read-graph.ts';
export type { BlockNode } from './graph/read-graph.ts';
export type { Job, JobMoment, JobOutcome, JobProgress } from './jobs/job.ts';
export { followJob, startJob } from './jobs/start-job.ts';
export type { JobArguments, JobCommand } from './jobs/start-job.ts';
export { keepQmp } from './keep-qmp.ts';
export type { KeepOptions } from './keep-qmp.ts';
export type { ExecuteOptions, ExecuteWords, Qmp, QmpGreeting } from './qmp.ts';
export type {
  BackupOptions,
  CommitOptions,
  CreateOptions,
  DriveThrottle,
  LegacySocketAddress,
  MirrorOptions,
  OnError,
  QmpCommands,
  QmpVersion,
  SocketAddress,
  StreamOptions,
} from './qmp-commands.ts';
export { QmpError } from './qmp-error.ts';
export type { QmpErrorKind, QmpErrorOptions } from './qmp-error.ts';
export type { OtherQmpEvent, QmpEvent, QmpEvents } from './qmp-events.ts';
export type { QmpInteger, QmpObject, QmpValue } from './qmp-value.ts';
export { flawOfLimits } from './throttle/flaw-of-limits.ts';
export { printForLibvirt, printForQemu } from './throttle/print-limits.ts';
export { addThrottleGroup, readThrottleGroup, removeThrottleGroup, setThrottleGroup } from './throttle/throttle-group.ts';
export { mergeLimits, throttleNames } from './throttle/throttle-limits.ts';
export type { ThrottleLimits } from './throttle/throttle-limits.ts';
export { changeThrottle, clearThrottle, readThrottle } from './throttle/throttle.ts';
export type { Throttle, ThrottleChange } from './throttle/throttle.ts';
