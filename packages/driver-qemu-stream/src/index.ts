export { qemuStream } from './qemu-stream-driver.ts';
