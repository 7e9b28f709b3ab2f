import type { Host } from '@image-api/driver';
import { errnoFromText } from './errno-from-text.ts';
import { fileError } from './file-error.ts';

/** `Host.space` by the `df` of the host: it knows the block size that counts, and the name the kernel has for the filesystem. */
export function spaceWith(run: Host['run'], host: string): Host['space'] {
  return async (directory) => {
    const { stdout, stderr } = await run('df', ['-B1', '--output=avail,fstype', '--', directory]);
    const answer = readDf(stdout);
    if (answer) return answer;
    throw fileError({ side: 'destination', host, path: directory, action: 'look for room in', said: stderr, errno: errnoFromText(stderr) });
  };
}

/** A line of headings, then bytes and type. */
function readDf(text: string): { free: number; filesystem: string } | undefined {
  const [, free, filesystem] = /^\s*(\d+)\s+(\S+)\s*$/m.exec(text) ?? [];
  return free === undefined || filesystem === undefined ? undefined : { free: Number(free), filesystem };
}
