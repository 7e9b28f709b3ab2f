import type { TransferReport } from '@image-api/driver';
import { watch } from '@image-api/host';
import type { CopyJob } from './copy-to-file.ts';
import { ddCommands } from './cp-args.ts';
import type { Command } from './cp-args.ts';
import { cpError, ofCp } from './cp-errors.ts';
import { deviceCounters, deviceProgress, pace } from './cp-progress.ts';
import type { DeviceStatistics } from './cp-progress.ts';
import { deviceStatistics } from './device-statistics.ts';

/** Overwrite a device from its second MiB on, then its first. It is not untouched any more once the first command was started. */
export async function copyToDevice(job: CopyJob): Promise<TransferReport> {
  const { request, context, host } = job;
  const size = request.from.facts.size ?? 0;
  const statistics = (): Promise<DeviceStatistics> => deviceStatistics(host, request.to.path);
  context.report({ phase: 'copy', bytesLogical: 0 });
  const before = await statistics();
  let written = 0;
  const onSeen = (now: DeviceStatistics): void => {
    written = now.written - before.written;
    context.report(deviceProgress(size, written));
  };
  const stop = watch(statistics, onSeen, pace);
  try {
    for (const command of ddCommands(request)) await run(job, command, () => written);
  } finally {
    await stop();
  }
  const counters = deviceCounters(size);
  context.report(counters);
  return { counters };
}

async function run({ request, context, host, settings }: CopyJob, { tool, args }: Command, progress: () => number): Promise<void> {
  const { signal } = context;
  const result = await host.run(tool, args, { signal, killAfterMs: 1000, stallMs: settings.stallMs, progress }).catch((error: unknown) => {
    throw ofCp(error, false);
  });
  if (result.exitCode !== 0) throw cpError(result, request, false);
}
