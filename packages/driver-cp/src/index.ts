export { cp } from './cp-driver.ts';
export type { CpOptions } from './cp-options.ts';
