import { describeDriver, stageFiles } from '@image-api/conformance';
import { cp } from '../src/index.ts';

describeDriver('cp', { create: () => cp(), stage: stageFiles() });
describeDriver('cp without clones', { create: () => cp({ reflink: 'never' }), stage: stageFiles() });
