import type { Claim, ImageError, RunResult } from '@image-api/driver';
import { errnoFromText } from './errno-from-text.ts';
import { fileError } from './file-error.ts';
import { heldByAnother, notOurs } from './refusal.ts';
import { heldElsewhere, remoteScripts, wrongKind } from './remote-scripts.ts';
import { startRemote } from './run-remote.ts';
import type { SshRoute } from './run-remote.ts';

/** A holder that is asked to let go has nothing to finish. */
const killAfterMs = 1000;

/** See `Host.claim`. A process over there holds the file for as long as our connection to it stands. */
export async function claimRemotely(route: SshRoute, path: string): Promise<Claim> {
  await route.connections.ready(route.access, route.host);
  const line = firstLine();
  const { worker, result } = await startRemote(
    route,
    'sh',
    ['-c', remoteScripts.claim, 'sh', path],
    { killAfterMs, onStdout: line.add },
    () => undefined,
  );
  const answer = await Promise.race([line.complete, worker.ended]);
  if (typeof answer !== 'string') throw refusal(route, path, result(answer));
  worker.keepAlive(false);
  const [, existed, size] = answer.split(' ');
  return {
    existed: existed === 'true',
    size: Number(size),
    release: async () => {
      worker.keepAlive(true);
      worker.terminate();
      await worker.ended;
    },
  };
}

function firstLine(): { readonly complete: Promise<string>; readonly add: (text: string) => void } {
  let text = '';
  let resolve: (line: string) => void = () => undefined;
  const complete = new Promise<string>((given) => (resolve = given));
  const add = (piece: string): void => {
    text += piece;
    if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')));
  };
  return { complete, add };
}

function refusal({ host }: SshRoute, path: string, { exitCode, stderr }: RunResult): ImageError {
  if (exitCode === heldElsewhere) return heldByAnother(path, host);
  if (exitCode === wrongKind) return notOurs(path, host);
  return fileError({ side: 'destination', host, path, action: 'create', said: stderr, errno: errnoFromText(stderr) });
}
