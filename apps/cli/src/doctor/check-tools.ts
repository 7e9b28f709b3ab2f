import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Check } from './check.ts';

/** A tool, the Debian package it comes in, and what is missing without it. */
interface Tool {
  readonly name: string;
  readonly package: string;
  readonly without: string;
  /** Whether nothing can be copied without it. */
  readonly isNeeded?: true;
}

const tools: readonly Tool[] = [
  { name: 'cp', package: 'coreutils', without: 'no local copies by cp, no clones' },
  { name: 'rsync', package: 'rsync', without: 'no limits, no resuming, no deltas' },
  { name: 'ssh', package: 'openssh-client', without: 'no copies to or from other hosts' },
  { name: 'scp', package: 'openssh-client', without: 'no copies to hosts that lack rsync' },
  { name: 'flock', package: 'util-linux', without: 'nothing can be copied', isNeeded: true },
  { name: 'qbittorrent-nox', package: 'qbittorrent-nox', without: 'no images from swarms, none given to them' },
  { name: 'setpriv', package: 'util-linux', without: 'a tool may live on when imagectl is killed' },
];

/** Are the tools here that copies use? @param searchPath as in `$PATH` */
export function checkTools(searchPath: string): Promise<readonly Check[]> {
  return Promise.all(tools.map(async (tool) => judgeTool(tool, await find(tool.name, searchPath))));
}

function judgeTool({ isNeeded, without, ...tool }: Tool, path: string | undefined): Check {
  const name = `tool ${tool.name}`;
  if (path !== undefined) return { name, status: 'ok', detail: path };
  return { name, status: isNeeded ? 'fail' : 'warn', detail: `not found: ${without}`, advice: `apt install ${tool.package}` };
}

async function find(name: string, searchPath: string): Promise<string | undefined> {
  for (const folder of searchPath.split(delimiter).filter((part) => part !== '')) {
    const path = join(folder, name);
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  return undefined;
}
