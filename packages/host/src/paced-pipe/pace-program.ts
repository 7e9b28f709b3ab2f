import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * The program that stands between a tool and its other end. The same path in every process, so that a plan can name it; what differs is in
 * the environment.
 */
export function paceProgram(): string {
  return join(dirname(createRequire(import.meta.url).resolve('@image-api/host/package.json')), 'bin/image-api-pace');
}
