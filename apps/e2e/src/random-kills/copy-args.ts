import type { Place } from '../expect-copied.ts';
import type { Lane, Source } from './lane.ts';

/** What one copy of a lane is told. */
export interface CopyChoice {
  readonly source: Source;
  readonly driver: string;
  readonly verify: string;
}

/** The words after `imagectl copy`. */
export function copyArgs({ destination }: Lane, { source, driver, verify }: CopyChoice): readonly string[] {
  const ends = [addressOf(source.place), addressOf(destination)];
  return [...ends, '--overwrite', 'replace', '--driver', driver, '--verify', verify];
}

function addressOf({ host, path }: Place): string {
  return host.name === 'here' ? path : `${host.name}:${path}`;
}
