import { writeFile } from 'node:fs/promises';
import type { LabHost } from '../lab-host.ts';

/** A clock that can be made to jump. */
export interface FakeClock {
  /** For a program that is to have it. */
  readonly env: Readonly<Record<string, string>>;
  /** From now on it is ahead by so many years, or behind. */
  jump(years: number): Promise<void>;
  /** The year it is. */
  year(): Promise<number>;
}

/** A clock for programs of a host; `path` is where its setting is kept. The clock that never jumps does not. */
export async function fakeClock(host: LabHost, path: string): Promise<FakeClock> {
  const set = (words: string): Promise<void> => writeFile(host.outside(path), words);
  await set('+0');
  const { stdout: library } = await host.run(['faketime', '-f', '+0', 'printenv', 'LD_PRELOAD']);
  const env = {
    LD_PRELOAD: String(library),
    FAKETIME_TIMESTAMP_FILE: path,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    NO_FAKE_STAT: '1',
  };
  return {
    env,
    jump: (years) => set(`${years < 0 ? '' : '+'}${years}y`),
    year: async () => {
      const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
      return Number((await host.run(['env', ...variables, process.execPath, '-p', 'new Date().getFullYear()'])).stdout);
    },
  };
}
