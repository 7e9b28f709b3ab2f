export { http } from './http-driver.ts';
export type { HttpOptions } from './http-options.ts';
