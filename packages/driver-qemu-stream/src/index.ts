export { qemuStream } from './qemu-stream-driver.ts';
export type { QemuStreamOptions } from './qemu-stream-options.ts';
export { letGoOfServedImage, listServedImages } from './served-images.ts';
export type { ServedImage } from './served-images.ts';
