import { isImageError } from '@image-api/driver';
import type { Host, SshAccess } from '@image-api/driver';
import { escapeControl } from './escape-control.ts';
import { quoteForShell } from './quote-for-shell.ts';
import { runLocal } from './run-local.ts';
import { sshArgs } from './ssh-access.ts';
import { cipherWords } from './ssh-ciphers.ts';
import { unlessAborted } from './unless-aborted.ts';

/** Whether one host can hand bytes to another without us between them, and how its ssh is to be called for it. */
export type DirectWay =
  | { readonly direct: true; readonly ssh: DirectSsh }
  | { readonly direct: false; /** `a cannot reach b directly: …` */ readonly reason: string };

/** The words for the ssh of the host that sends: its own configuration and keys count there, not ours. */
export type DirectSsh = Omit<SshAccess, 'environment'>;

/** Nobody is there to answer a question, and a shared connection over there would outlive the copy. */
const options = [
  'BatchMode=yes',
  'StrictHostKeyChecking=yes',
  'ConnectTimeout=5',
  'ServerAliveInterval=5',
  'ServerAliveCountMax=6',
  'ControlMaster=no',
  'ControlPath=none',
  'RemoteCommand=none',
  'RequestTTY=no',
  'PermitLocalCommand=no',
  'ForwardX11=no',
  'ClearAllForwardings=yes',
].flatMap((setting) => ['-o', setting]);

const testDeadlineMs = 5000;
/** Over a connection that stands: late only on a machine that is very busy, which is no reason to give up. */
const identityDeadlineMs = 20_000;

/** Long enough for a plan and the copy that follows it. */
const rememberedForMs = 60_000;

interface Answer {
  readonly way: Promise<DirectWay>;
  readonly atMs: number;
}

const answers = new WeakMap<Host, WeakMap<Host, Answer>>();

/** What no two machines, and no two containers of one, have in common; and the user, who owns what is written. */
const identityScript = 'cat /proc/sys/kernel/random/boot_id && readlink /proc/self/ns/mnt && stat -L -c %d:%i / && id -u';

/** What the ssh over there makes of a name, and what its processor can do. */
const cipherScript = 'ssh -G "$@" && grep -m 1 -E "^(flags|Features)" /proc/cpuinfo';

/**
 * Find out, by trying, whether `from` can log in to `to` without asking anybody: under the name the user gave, else at the address that
 * name stands for here. A name may mean another machine over there, so what answers must be the very machine, and user, that we know as `to`.
 * What was found is remembered for a minute, whichever it was; who asks meanwhile waits for the same answer.
 */
export async function findDirectWay(from: Host, to: Host, signal: AbortSignal): Promise<DirectWay> {
  const known = answers.get(from) ?? new WeakMap<Host, Answer>();
  answers.set(from, known);
  const last = known.get(to);
  const isNew = last && performance.now() - last.atMs < rememberedForMs;
  // What another was cancelled over, or failed at, is no answer to us.
  const found = isNew ? await unlessAborted(last.way, signal) : undefined;
  if (found) return found;
  const way = tryDirectWay(from, to, signal);
  known.set(to, { way, atMs: performance.now() });
  return way;
}

async function tryDirectWay(from: Host, to: Host, signal: AbortSignal): Promise<DirectWay> {
  const prefix = `${from.id} cannot reach ${to.id} directly: `;
  if (!to.ssh) return { direct: false, reason: `${prefix}it is this machine` };
  const [wanted, addresses] = await Promise.all([identityOf(to, signal), candidates(to.ssh, signal)]);
  if (wanted === undefined) return { direct: false, reason: `${prefix}nothing tells whether it would be the same machine` };
  const reasons: string[] = [];
  for (const candidate of addresses) {
    const [found, words] = await Promise.all([tryFrom(from, candidate, signal), swiftFrom(from, candidate, signal)]);
    if ('identity' in found && found.identity === wanted) return { direct: true, ssh: { ...candidate, options: [...options, ...words] } };
    reasons.push('reason' in found ? found.reason : `${candidate.host} is another machine, or another user, over there`);
  }
  return { direct: false, reason: prefix + joinReasons(reasons, addresses) };
}

/** First why not under the name the user gave; why not at its address only where that is another reason. */
function joinReasons([typed = '', resolved = typed]: readonly string[], addresses: readonly DirectSsh[]): string {
  return resolved === typed ? typed : `${typed}; nor at ${addresses[1]?.host}: ${resolved}`;
}

/** Whether two hosts are one machine, seen by one user: a copy between them needs no network. */
export async function isSameMachine(one: Host, other: Host, signal: AbortSignal): Promise<boolean> {
  const [first, second] = await Promise.all([identityOf(one, signal), identityOf(other, signal)]);
  return first !== undefined && first === second;
}

async function identityOf(host: Host, signal: AbortSignal): Promise<string | undefined> {
  const result = await host.run('sh', ['-c', identityScript], { signal, deadlineMs: identityDeadlineMs, brief: true });
  return readIdentity(result.exitCode, result.stdout);
}

/** The last four lines: a login shell may say things first. */
function readIdentity(exitCode: number | null, stdout: string): string | undefined {
  const lines = stdout.trim().split('\n').slice(-4);
  return exitCode === 0 && lines.length === 4 ? lines.join(' ') : undefined;
}

async function candidates(access: SshAccess, signal: AbortSignal): Promise<readonly DirectSsh[]> {
  const { host, user, port } = access;
  const typed = directSsh(host, user, port);
  const resolved = await runLocal(process.env, 'ssh', ['-G', ...sshArgs(access)], {
    signal,
    deadlineMs: testDeadlineMs,
    environment: access.environment,
  });
  const address = resolved.exitCode === 0 ? resolvedSsh(resolved.stdout) : undefined;
  const same = address?.host === host && address.user === user && address.port === port;
  return address && !same ? [typed, address] : [typed];
}

/** What `ssh -G` says a name stands for. */
export function resolvedSsh(text: string): DirectSsh | undefined {
  const value = (key: string): string | undefined => new RegExp(`^${key} (\\S+)$`, 'm').exec(text)?.[1];
  const host = value('hostname');
  const port = value('port');
  return host === undefined || host.startsWith('-')
    ? undefined
    : directSsh(host, value('user'), port === undefined ? undefined : Number(port));
}

function directSsh(host: string, user: string | undefined, port: number | undefined): DirectSsh {
  return { program: 'ssh', options, host, ...(user !== undefined && { user }), ...(port !== undefined && { port }) };
}

async function tryFrom(
  from: Host,
  ssh: DirectSsh,
  signal: AbortSignal,
): Promise<{ readonly identity: string | undefined } | { readonly reason: string }> {
  const args = [...sshArgs({ ...ssh, environment: {} }), quoteForShell(['sh', '-c', identityScript])];
  try {
    const { exitCode, stdout, stderr } = await from.run('ssh', args, { signal, deadlineMs: testDeadlineMs });
    return exitCode === 0 ? { identity: readIdentity(exitCode, stdout) } : { reason: lastLine(stderr) };
  } catch (error) {
    if (isImageError(error) && error.code === 'DEADLINE') return { reason: `no answer within ${testDeadlineMs / 1000} s` };
    if (isImageError(error) && error.code === 'TOOL_MISSING') return { reason: 'it has no ssh' };
    throw error;
  }
}

/** As for our own connections, where its configuration leaves it open. None where nobody can tell. */
async function swiftFrom(from: Host, ssh: DirectSsh, signal: AbortSignal): Promise<readonly string[]> {
  const args = ['-c', cipherScript, 'sh', ...sshArgs({ ...ssh, environment: {} })];
  const { exitCode, stdout } = await from.run('sh', args, { signal, deadlineMs: testDeadlineMs }).catch((error: unknown) => {
    if (isImageError(error) && error.code === 'DEADLINE') return { exitCode: null, stdout: '' };
    throw error;
  });
  return exitCode === 0 ? cipherWords(/^ciphers (.*)$/m.exec(stdout)?.[1], stdout) : [];
}

function lastLine(stderr: string): string {
  return escapeControl(stderr.trim().split('\n').at(-1)?.trim() ?? '') || 'ssh failed without a word';
}
