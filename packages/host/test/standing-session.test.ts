import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Host, SshAccess } from '@image-api/driver';
import type { SshRoute } from '../src/run-remote.ts';
import { sshOptions } from '../src/ssh-access.ts';
import { SshConnections } from '../src/ssh-connections.ts';
import { standingRun } from '../src/standing-session.ts';
import type { StandingOptions } from '../src/standing-session.ts';
import { comesTrue, processesRunning, uniqueSeconds } from './processes.ts';
import { sshdMissing, startSshd } from './real-sshd.ts';
import type { RealSshd } from './real-sshd.ts';

let sshd: RealSshd;
let connections: SshConnections;

beforeEach(async (context) => {
  if (sshdMissing !== undefined) context.skip(sshdMissing);
  sshd = await startSshd();
  connections = new SshConnections(process.env);
});
afterEach(async () => {
  await connections?.close();
  await sshd?.stop();
});

function standing(options?: StandingOptions): Host['run'] {
  const access: SshAccess = {
    program: 'ssh',
    options: sshOptions(sshd.configFile),
    host: sshd.alias,
    get environment() {
      return connections.environment;
    },
  };
  const route: SshRoute = { host: sshd.alias, access, connections, ours: process.env };
  return standingRun(route, options);
}

/** Of the shell that answers: `timeout` runs each question in a shell below it. */
const parent = ['-c', 'cut -d " " -f 4 "/proc/$PPID/stat"'] as const;

describe('a standing session', { timeout: 30_000 }, () => {
  it('tells what the tool said in both of its streams, and how it ended', async () => {
    const run = standing();
    const awkward = ['a b', "it's", '"', '$HOME', '*', '', 'two\nlines', 'tab\t', '\\', 'äöü'];
    const { stdout } = await run('sh', ['-c', 'for word; do printf "%s\\0" "$word"; done', 'sh', ...awkward]);
    expect(stdout.split('\0').slice(0, -1)).toEqual(awkward);
    expect(await run('sh', ['-c', 'printf out; printf err >&2; exit 3'])).toMatchObject({ stdout: 'out', stderr: 'err', exitCode: 3 });
    expect(await run('sh', ['-c', 'kill -s KILL $$'])).toMatchObject({ exitCode: null, signal: 'SIGKILL' });
    expect(await run('cat', [])).toMatchObject({ stdout: '', exitCode: 0 });
    expect((await run('sh', ['-c', 'head -c 200000 /dev/zero | tr "\\0" x'])).stdout).toHaveLength(200_000);
  });

  it('is one shell for all that is asked, at the same time as well', async () => {
    const run = standing();
    const answers = await Promise.all(Array.from({ length: 8 }, () => run('sh', parent)));
    expect(new Set(answers.map(({ stdout }) => stdout)).size).toBe(1);
    expect((await run('sh', parent)).stdout).toBe(answers[0]?.stdout);
  });

  it('leaves what is not there to a session that can tell so', async () => {
    await expect(standing()('no-such-tool', [])).rejects.toMatchObject({ code: 'TOOL_MISSING', untouched: true });
  });

  it('leaves what takes longer to a session that can wait', async () => {
    const run = standing({ limitSeconds: 1 });
    expect(await run('sh', ['-c', 'sleep 2; echo late'])).toMatchObject({ stdout: 'late\n', exitCode: 0 });
    expect(await run('echo', ['next'])).toMatchObject({ stdout: 'next\n' });
  });

  it('counts the time of nobody else', async () => {
    const run = standing();
    await run('true', []);
    const [, quick] = await Promise.all([run('sleep', ['1']), run('echo', ['there'], { deadlineMs: 700 })]);
    expect(quick.stdout).toBe('there\n');
    const enough = new AbortController();
    const [first, second] = [run('sleep', ['1']), run('echo', ['there'], { signal: enough.signal })];
    enough.abort();
    await expect(second).rejects.toMatchObject({ code: 'CANCELLED' });
    expect((await run('echo', ['again'])).stdout).toBe('again\n');
    await first;
  });

  it('gives up when the caller does, and is there again for the next', async () => {
    const run = standing({ limitSeconds: 3 });
    await run('true', []);
    const seconds = uniqueSeconds();
    const cancel = new AbortController();
    const hanging = run('sleep', [seconds], { signal: cancel.signal });
    expect(await comesTrue(() => processesRunning('sleep', seconds).length > 0, 5000)).toBe(true);
    const waiting = run('echo', ['behind it']);
    cancel.abort();
    await expect(hanging).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await waiting).toMatchObject({ stdout: 'behind it\n' });
    await expect(run('sleep', [seconds], { deadlineMs: 200 })).rejects.toMatchObject({ code: 'DEADLINE' });
    expect(await comesTrue(() => processesRunning('sleep', seconds).length === 0, 8000)).toBe(true);
  });

  it('says that trying again may help when the connection is lost over a question, and comes back', async () => {
    const run = standing({ limitSeconds: 3 });
    await run('true', []);
    const lost = run('sleep', [uniqueSeconds()]);
    lost.catch(() => undefined);
    await sleep(200);
    sshd.cutSessions();
    await expect(lost).rejects.toMatchObject({ code: 'UNREACHABLE', retryable: true });
    await expect.poll(() => run('echo', ['back']).then(({ stdout }) => stdout, String), { timeout: 5000 }).toBe('back\n');
  });

  it('ends by itself when nothing is asked, there and here', async () => {
    const run = standing({ idleMs: 300 });
    const shell = (await run('sh', parent)).stdout.trim();
    expect(await comesTrue(() => !isAlive(shell), 5000)).toBe(true);
    expect((await run('sh', parent)).stdout.trim()).not.toBe(shell);
  });

  it('ends over there when nobody can tell it that we are gone, and makes room for another before', async () => {
    const run = standing({ lifeSeconds: 2 });
    const first = (await run('sh', parent)).stdout.trim();
    expect((await run('sh', parent)).stdout.trim()).toBe(first);
    await sleep(1100);
    expect((await run('sh', parent)).stdout.trim()).not.toBe(first);
    expect(await comesTrue(() => !isAlive(first), 5000)).toBe(true);
    await sleep(2500);
    expect(await run('echo', ['again'])).toMatchObject({ stdout: 'again\n' });
  });

  it('has no child there while it waits, so that nobody takes one for something that was left', async () => {
    const run = standing();
    const shell = (await run('sh', parent)).stdout.trim();
    expect(isAlive(shell)).toBe(true);
    expect(childrenOf(shell)).toEqual([]);
  });
});

function childrenOf(pid: string): readonly string[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
}

function isAlive(pid: string): boolean {
  try {
    return process.kill(Number(pid), 0);
  } catch {
    return false;
  }
}
