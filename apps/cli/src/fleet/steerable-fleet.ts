import { randomUUID } from 'node:crypto';
import { ImageError } from 'image-api';
import type { Progress, SteerableTask, TaskLimits, TaskState } from 'image-api';
import type { FleetTask, HostProgress } from '@image-api/driver-p2p-precache';

/** A fleet as other terminals see and steer it: as one task. Its limit is that of each machine. */
export function steerableFleet(task: FleetTask, from: string, hosts: readonly string[]): SteerableTask {
  const startedAt = new Date();
  return {
    id: randomUUID(),
    driver: 'p2p-precache',
    image: undefined,
    request: { from, to: hosts.join(',') },
    startedAt,
    get state(): TaskState {
      return task.isPaused ? 'paused' : 'running';
    },
    get limits() {
      return task.limits;
    },
    get progress() {
      return progressOf(task);
    },
    setLimits: async (limits) => task.setLimits(plainLimits(limits)),
    pause: () => task.pause(),
    resume: () => task.resume(),
    cancel: async (reason) => {
      await task.cancel(reason);
      return task.wait().then(
        () => 'succeeded',
        () => 'cancelled',
      );
    },
  };
}

function progressOf({ progress: { hosts, originSent } }: FleetTask): Progress {
  const sum = (of: (host: HostProgress) => number): number => hosts.reduce((total, host) => total + of(host), 0);
  return {
    phase: 'copy',
    bytesLogical: sum(({ verified }) => verified),
    bytesRead: originSent,
    bytesSent: originSent,
    bytesSkipped: 0,
    rate: sum(({ rate }) => rate),
    ...(hosts.length > 0 && { total: { bytes: sum(({ size }) => size), certainty: 'exact' } as const }),
  };
}

function plainLimits({ bandwidth, auto, group }: TaskLimits): { readonly bandwidth?: number } {
  if (auto || group !== undefined)
    throw new ImageError('the limit of an image on its way to many hosts is that of each machine: give a rate, or none, and no group', {
      code: 'UNSUPPORTED',
      origin: 'caller',
    });
  return bandwidth === undefined ? {} : { bandwidth };
}
