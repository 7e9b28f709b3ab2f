export type { DriverStatus, ImageApi } from './api.ts';
export type { FoundLeftover, GcOptions, GcReport } from './collect-garbage.ts';
export { defineConfig } from './config/config.ts';
export type { Config, ConfigLimits, DriverEntry, ImagesConfig, ResolvedConfig, RetryConfig, Rule } from './config/config.ts';
export { loadConfig } from './config/load-config.ts';
export { resolveConfig } from './config/resolve-config.ts';
export type { CopyOptions, VerifyMode } from './copy-options.ts';
export { listTasks, steerTask } from './control/control-client.ts';
export type { Steering } from './control/control-client.ts';
export { serveControl } from './control/control-server.ts';
export type { SteerableTask, TaskRecord } from './control/task-record.ts';
export { copy, plan } from './default-instance.ts';
export { createImageApi } from './image-api.ts';
export type { ImageApiOptions } from './image-api.ts';
export type { EstimateBasis } from './history/estimate.ts';
export { inspectImage } from './inspect-image.ts';
export type { ImageInfo, InspectOptions } from './inspect-image.ts';
export { explain } from './plan/explain.ts';
export type { Candidate, DropStage, Plan, PlannedEndpoint } from './plan/plan.ts';
export { formatRate } from './rate/format-rate.ts';
export { parseLimit } from './rate/parse-limit.ts';
export { parseRate } from './rate/parse-rate.ts';
export { parseSize } from './rate/parse-size.ts';
export type { AttemptRecord, Progress, Task, TaskEvent, TaskLimits, TaskResult, TaskState, Verified } from './run/task.ts';
export { formatUri } from './uri/format-uri.ts';
export { parseUri } from './uri/parse-uri.ts';
// The contract a caller meets: one import is enough for most programs.
export { errorCodes, exitStatus, ImageError, isImageError } from '@image-api/driver';
export type {
  Availability,
  Capabilities,
  Counters,
  Digest,
  Driver,
  Endpoint,
  ErrorCode,
  ErrorOrigin,
  Facts,
  ImageFormat,
  Limits,
  Need,
  PlannedCommand,
  Priority,
  ReadyImage,
} from '@image-api/driver';
export type { Finding } from '@image-api/image-format';
