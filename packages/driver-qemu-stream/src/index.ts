export { qemuStream } from './qemu-stream-driver.ts';
export type { QemuStreamOptions } from './qemu-stream-options.ts';
