import { readdir } from 'node:fs/promises';
import { posix } from 'node:path';
import { expect } from 'vitest';
import { sha256 } from './image-files.ts';
import type { ImagectlResult } from './imagectl.ts';
import type { LabHost } from './lab-host.ts';

/** A file of a host. */
export interface Place {
  readonly host: LabHost;
  readonly path: string;
}

/** The copy ended well, its bytes are those of the digest, and the directory it is in has nothing else. */
export async function expectCopied(result: ImagectlResult, place: Place, digest: string): Promise<void> {
  expectExit(result, 0);
  const { dir, base } = posix.parse(place.path);
  expect(await readdir(place.host.outside(dir)), result.story).toEqual([base]);
  expect(await sha256(place.host.outside(place.path)), result.story).toBe(digest);
}

export function expectExit(result: ImagectlResult, status: number): void {
  expect(result.exitCode, result.story).toBe(status);
}
