import type { SweepOptions } from '@image-api/driver';

const ending = /^\.[0-9a-f]{16}\.part$/;
const anyName = /^\.[^]+\.[0-9a-f]{16}\.part$/;

/** The names that may be those of staging files a sweep is to look for. A line break is in none: it is refused wherever one is named. */
export function stagingNames(names: readonly string[], { prefix, except }: Pick<SweepOptions, 'prefix' | 'except'>): string[] {
  const fits = (name: string): boolean =>
    prefix === '' ? anyName.test(name) : name.startsWith(prefix) && ending.test(name.slice(prefix.length));
  return names.filter((name) => name !== except && !name.includes('\n') && fits(name));
}
