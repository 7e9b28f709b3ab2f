import { describeDriver, stageFiles } from '../src/index.ts';
import { everything, nothing, perfect } from './perfect-driver.ts';
import { byTool } from './tool-driver.ts';

describeDriver('a driver that claims everything and keeps it', { create: () => perfect(everything), stage: stageFiles() });
describeDriver('a driver that claims nothing', { create: () => perfect(nothing), stage: stageFiles() });
describeDriver('a driver that runs a tool', { create: () => byTool(), stage: stageFiles() });
