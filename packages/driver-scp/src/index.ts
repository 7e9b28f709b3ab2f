export { scp } from './scp-driver.ts';
export type { ScpOptions } from './scp-options.ts';
