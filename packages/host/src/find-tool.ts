import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** Where the bare name would be found on this `PATH`, or where the path leads; `undefined` when it cannot be executed. */
export async function findTool(name: string, searchPath: string | undefined): Promise<string | undefined> {
  for (const candidate of candidates(name, searchPath)) {
    if (await isExecutable(candidate)) return candidate;
  }
  return undefined;
}

function candidates(name: string, searchPath = ''): string[] {
  if (name.includes('/')) return [resolve(name)];
  // An empty entry would mean the working directory; nobody wants a tool from there by accident.
  return searchPath
    .split(':')
    .filter((entry) => entry !== '')
    .map((entry) => join(entry, name));
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
