import { setTimeout as sleep } from 'node:timers/promises';
import type { Claim, ImageError, RunResult } from '@image-api/driver';
import type { ClaimOptions } from './claim-locally.ts';
import { errnoFromText } from './errno-from-text.ts';
import { fileError } from './file-error.ts';
import { claimCancelled, claimLost, deviceElsewhere, heldByAnother, notOurs } from './refusal.ts';
import { deviceThere, heldElsewhere, noFlock, remoteScripts, wrongKind } from './remote-scripts.ts';
import { toolMissing } from './run-local.ts';
import { runRemote, startRemote } from './run-remote.ts';
import type { RemoteWorker, SshRoute } from './run-remote.ts';
import type { WorkerEnd } from './worker.ts';

/** A holder that is asked to let go has nothing to finish. */
const killAfterMs = 1000;
/** The script over there looks this often whether the holder let go. */
const pollMs = 200;
/** How long a claim that was given up may take to clean up over there. */
const undoMs = 1500;

/** See `Host.claim`. A process over there holds the file for as long as our connection to it stands. */
export async function claimRemotely(route: SshRoute, path: string, { signal, waitMs = 0 }: ClaimOptions = {}): Promise<Claim> {
  const abort = onAbort(signal);
  try {
    if ((await Promise.race([route.connections.ready(route.access, route.host), abort.happened])) === aborted)
      throw claimCancelled(path, route.host, signal);
    return await startClaim(route, path, Math.ceil(waitMs / pollMs), { signal, happened: abort.happened });
  } finally {
    abort.stop();
  }
}

const aborted = Symbol('aborted');

interface Abort {
  readonly signal: AbortSignal | undefined;
  readonly happened: Promise<typeof aborted>;
}

function onAbort(signal: AbortSignal | undefined): { readonly happened: Promise<typeof aborted>; stop(): void } {
  let act: () => void = () => undefined;
  const happened = new Promise<typeof aborted>((resolve) => (act = () => resolve(aborted)));
  if (signal?.aborted) act();
  signal?.addEventListener('abort', act, { once: true });
  return { happened, stop: () => signal?.removeEventListener('abort', act) };
}

async function startClaim(route: SshRoute, path: string, looks: number, { signal, happened }: Abort): Promise<Claim> {
  const line = heldLine();
  const remote = await startRemote(
    route,
    'sh',
    ['-c', remoteScripts.claim, 'sh', path, String(looks)],
    { killAfterMs, onStdout: line.add },
    () => undefined,
  );
  const answer = await Promise.race([line.complete, remote.worker.ended, happened]);
  if (answer === aborted || signal?.aborted) {
    await giveUp(route, path, remote);
    throw claimCancelled(path, route.host, signal);
  }
  if (typeof answer !== 'string') throw refusal(route, path, remote.result(answer));
  remote.worker.keepAlive(false);
  return held(answer, route, path, remote);
}

function heldLine(): { readonly complete: Promise<string>; readonly add: (text: string) => void } {
  let text = '';
  let resolve: (line: string) => void = () => undefined;
  const complete = new Promise<string>((given) => (resolve = given));
  const add = (piece: string): void => {
    text += piece;
    const [line] = /^held .*(?=\n)/m.exec(text) ?? [];
    if (line !== undefined) resolve(line);
  };
  return { complete, add };
}

function held(answer: string, { host }: SshRoute, path: string, remote: RemoteWorker): Claim {
  const [, existed, size] = answer.split(' ');
  const losing = new AbortController();
  let isWanted = true;
  const tell = (end: WorkerEnd): void => {
    if (isWanted) losing.abort(claimLost(path, host, whyEnded(remote, end)));
  };
  void remote.worker.ended.then(tell);
  const release = (): Promise<void> => {
    isWanted = false;
    return letGo(remote);
  };
  return { existed: existed === 'true', size: Number(size), lost: losing.signal, release };
}

/** The connection, unless the guard over there lived to tell that the holder has ended. */
function whyEnded(remote: RemoteWorker, end: WorkerEnd): unknown {
  try {
    remote.result(end);
    return undefined;
  } catch (error) {
    return error;
  }
}

async function letGo({ worker }: RemoteWorker): Promise<void> {
  worker.keepAlive(true);
  worker.terminate();
  await worker.ended;
}

/** It may have come to hold the file it made at the very moment nobody wanted it any more. */
async function giveUp(route: SshRoute, path: string, remote: RemoteWorker): Promise<void> {
  remote.worker.terminate();
  const end = await Promise.race([remote.worker.ended, sleep(undoMs, undefined, { ref: false })]);
  if (!end) return remote.worker.kill();
  if (!madeFile(remote, end)) return;
  await runRemote(route, 'sh', ['-c', remoteScripts.unclaim, 'sh', path], { deadlineMs: undoMs, killAfterMs: 100 }).catch(() => undefined);
}

function madeFile(remote: RemoteWorker, end: WorkerEnd): boolean {
  try {
    return remote.result(end).stdout.startsWith('made\n');
  } catch {
    return false;
  }
}

function refusal({ host }: SshRoute, path: string, { exitCode, stderr }: RunResult): ImageError {
  if (exitCode === heldElsewhere) return heldByAnother(path, host);
  if (exitCode === wrongKind) return notOurs(path, host);
  if (exitCode === noFlock) return toolMissing('flock', host);
  if (exitCode === deviceThere) return deviceElsewhere(path, host);
  return fileError({ side: 'destination', host, path, action: 'create', said: stderr, errno: errnoFromText(stderr) });
}
