export type { ConformanceOptions } from './conformance-options.ts';
export type { Content, Piece } from './content/content.ts';
export { writeContent } from './content/write-content.ts';
export { describeDriver } from './describe-driver.ts';
export { openReadyImage } from './reading/open-ready-image.ts';
export type { ImageReader } from './reading/open-ready-image.ts';
export { stageFiles } from './stage-files.ts';
export type { MakeStage, Stage } from './stage.ts';
