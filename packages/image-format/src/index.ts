export { detectFormat, headerLength } from './detect-format.ts';
export type { DetectedFormat } from './detect-format.ts';
export type { ImageFormat } from './image-format.ts';
