export { rsync } from './rsync-driver.ts';
export type { Compression, RsyncOptions } from './rsync-options.ts';
