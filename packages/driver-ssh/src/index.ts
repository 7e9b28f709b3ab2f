export { ssh } from './ssh-driver.ts';
export type { SshOptions } from './ssh-options.ts';
