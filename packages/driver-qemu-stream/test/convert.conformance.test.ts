import { describeDriver, stageFiles } from '@image-api/conformance';
import { convertDriver } from './convert-driver.ts';

describeDriver('whole copies by QEMU', { create: () => convertDriver(), stage: stageFiles() });
