import { describeDriver, stageFiles } from '../src/index.ts';
import { pieces } from './example-driver.ts';

describeDriver('pieces', { create: () => pieces(), stage: stageFiles() });
