import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The program that keeps an image that was handed out. */
export function keeperProgram(): string {
  return join(dirname(createRequire(import.meta.url).resolve('@image-api/driver-qemu-stream/package.json')), 'dist/keeper.js');
}
