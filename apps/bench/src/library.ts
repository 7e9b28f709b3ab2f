import { createImageApi } from 'image-api';
import type { Config, CopyOptions, ImageApi } from 'image-api';
import { cp } from '@image-api/driver-cp';

/** Our own contender without the start of a process: a copy by a program that has the library loaded. */
export const libraryName = 'image-api, copy() of a program';

/** Do something with an instance that has what local copies need. */
export async function withLibrary<T>(
  work: (api: ImageApi) => Promise<T>,
  config: Pick<Config, 'concurrency' | 'history'> = {},
): Promise<T> {
  const api = createImageApi({ drivers: [cp()], ...config });
  try {
    return await work(api);
  } finally {
    await api.dispose();
  }
}

/** Copy, and wait for the end. */
export async function copyBy(api: ImageApi, from: string, to: string, options: CopyOptions = {}): Promise<void> {
  await api.copy(from, to, options).wait();
}
