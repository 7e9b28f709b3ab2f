import { randomBytes } from 'node:crypto';
import type { SshAccess } from '@image-api/driver';
import { childEnvironment } from '../child-environment.ts';
import { extentsScript, readExtents, worthSkipping } from '../data-extents.ts';
import type { Extent } from '../data-extents.ts';
import { quoteForShell } from '../quote-for-shell.ts';
import { startLocal } from '../run-local.ts';
import { runWorker } from '../run-worker.ts';
import { sshArgs } from '../ssh-access.ts';

const deadlineMs = 60_000;
/** A list that is longer costs more than it saves. */
const longestText = 32 * 1024 * 1024;

/** What is asked about. */
export interface RemoteExtentsQuery {
  readonly access: SshAccess;
  readonly ours: NodeJS.ProcessEnv;
  readonly path: string;
  readonly size: number;
  readonly signal: AbortSignal;
}

/** Where in a file over there is data; `undefined` where nobody can tell, or it takes too long to. */
export async function remoteExtents({ access, ours, path, size, signal }: RemoteExtentsQuery): Promise<readonly Extent[] | undefined> {
  // Only what is between the marks was said by the script, and only with both of them it is complete.
  const mark = `image-api-${randomBytes(8).toString('hex')}`;
  const script = 'exec 3<"$1" && echo "$4" && perl -e "$2" "$3" && echo "$4"';
  const command = quoteForShell(['timeout', String(deadlineMs / 1000), 'sh', '-c', script, 'sh', path, extentsScript, String(size), mark]);
  const pieces: string[] = [];
  let length = 0;
  const tooLong = new AbortController();
  const start = (): ReturnType<typeof startLocal> =>
    startLocal(access.program, [...sshArgs(access), command], {
      environment: childEnvironment(ours, access.environment),
      onStdout: (text) => {
        pieces.push(text);
        length += text.length;
        if (length > longestText) tooLong.abort();
      },
      killAfterMs: 1000,
    });
  try {
    const { exitCode } = await runWorker({ about: 'perl', start }, { signal: AbortSignal.any([signal, tooLong.signal]), deadlineMs });
    const [, said, after] = pieces.join('').split(`${mark}\n`);
    return exitCode === 0 && said !== undefined && after !== undefined ? readExtents(said, size, worthSkipping) : undefined;
  } catch {
    return undefined;
  }
}
