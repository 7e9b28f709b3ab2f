import { lstatSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** What is in a directory, an entry a line: the same text as long as nothing was made, changed or removed. */
export type FolderPicture = ReadonlyMap<string, string>;

/** Look at the directory of `path`. @param except a name that may change */
export function pictureBeside(path: string, except?: string): FolderPicture {
  const folder = dirname(path);
  const names = entriesOf(folder).filter((name) => except === undefined || name !== basename(except));
  return new Map(names.map((name) => [name, stateOf(join(folder, name))]));
}

/** What differs between two pictures, in words; empty when nothing does. */
export function changesBetween(before: FolderPicture, after: FolderPicture): string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => before.get(name) !== after.get(name)).map((name) => changeOf(name, before, after));
}

/** The names in a directory; none where there is no such directory. */
export function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function stateOf(path: string): string {
  try {
    const { ino, size, mode, nlink, mtimeNs, ctimeNs } = lstatSync(path, { bigint: true });
    return [ino, size, mode, nlink, mtimeNs, ctimeNs].join(' ');
  } catch {
    return 'gone';
  }
}

function changeOf(name: string, before: FolderPicture, after: FolderPicture): string {
  const how = before.has(name) ? (after.has(name) ? 'was changed' : 'was removed') : 'was made';
  return `${JSON.stringify(name)} ${how}`;
}
