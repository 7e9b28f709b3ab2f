import { spawnSync } from 'node:child_process';
import { describe } from 'vitest';
import { describeDriver, stageFiles } from '@image-api/conformance';
import { streamDriver } from './stream-driver.ts';

const missing = spawnSync('qemu-storage-daemon', ['--version']).status === 0 ? undefined : 'qemu-storage-daemon is not installed';

describe.skipIf(missing !== undefined)(`images that are handed out early${missing === undefined ? '' : ` (${missing})`}`, () => {
  describeDriver('qemu-stream', { create: () => streamDriver(), stage: stageFiles(), toFormat: 'qcow2' });
});
