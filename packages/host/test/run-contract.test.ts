import * as fs from 'node:fs/promises';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Host } from '@image-api/driver';
import { createHosts, idleWords } from '../src/index.ts';
import type { Hosts } from '../src/index.ts';
import { comesTrue, processesRunning, uniqueSeconds } from './processes.ts';
import { sshdMissing, startSshd } from './real-sshd.ts';
import type { RealSshd } from './real-sshd.ts';

let sshd: RealSshd | undefined;
let hosts: Hosts;

beforeAll(async () => {
  if (sshdMissing === undefined) sshd = await startSshd();
  hosts = createHosts({ ssh: { configFile: sshd?.configFile } });
});
afterAll(async () => {
  await hosts.close();
  await sshd?.stop();
});

describe.each(['local', 'ssh'] as const)('a tool run on a host of the kind %s', { timeout: 30_000 }, (kind) => {
  let host: Host;
  beforeEach((context) => {
    if (kind === 'ssh' && sshdMissing !== undefined) context.skip(sshdMissing);
    host = kind === 'local' ? hosts.local : hosts.ssh({ host: sshd?.alias ?? '' });
  });

  it('says the same of what is asked in brief, and over ssh by one shell', async () => {
    const options = { brief: true };
    expect(await host.run('sh', ['-c', 'echo out; echo words >&2; exit 3'], options)).toMatchObject({
      exitCode: 3,
      stdout: 'out\n',
      stderr: 'words\n',
    });
    const asking = async (): Promise<string> => (await host.run('sh', ['-c', 'ps -o ppid= -p $PPID'], options)).stdout;
    const [first, second] = [await asking(), await asking()];
    if (kind === 'ssh') expect(second).toBe(first);
    await expect(host.run('no-such-tool', [], options)).rejects.toMatchObject({ code: 'TOOL_MISSING' });
    await expect(host.run('sleep', ['60'], { ...options, deadlineMs: 300 })).rejects.toMatchObject({ code: 'DEADLINE' });
  });

  it('tells exit code, output and words, whatever the code is', async () => {
    const result = await host.run('sh', ['-c', 'printf out; printf words >&2; exit 255']);
    expect(result).toMatchObject({ exitCode: 255, signal: null, stdout: 'out', stderr: 'words' });
    expect(result.durationMs).toBeGreaterThan(0);
  });

  it('tells which signal ended it', async () => {
    expect(await host.run('sh', ['-c', 'kill -TERM $$'])).toMatchObject({ exitCode: null, signal: 'SIGTERM' });
  });

  it('passes every argument exactly', async () => {
    const words = [
      '',
      'a b',
      "it's",
      '"',
      '$HOME',
      '$(id)',
      '`id`',
      '\\',
      '\\\\',
      "\\'",
      '*',
      '[1]',
      '~',
      '-n',
      '--',
      'ü日本',
      'a\nb',
      '!!',
      '%s',
      '#',
      ';',
      '&&',
    ];
    const { stdout } = await host.run('sh', ['-c', 'for word; do printf "%s\\0" "$word"; done', 'sh', ...words]);
    expect(stdout.split('\0').slice(0, -1)).toEqual(words);
  });

  it('lets it give way to everything else, where that is asked for', async () => {
    const asked = ['-c', 'nice; command -v ionice >/dev/null && ionice; printf "%s" "$1"', 'sh', "it's"];
    expect(await host.run('sh', asked, { idle: true })).toMatchObject({ stdout: expect.stringMatching(/^19\n(idle\n)?it's$/) });
    if ((await host.tool('chrt')).available) {
      const policy = ['-c', 'chrt -p $$'];
      expect((await host.run('sh', policy, { idle: true })).stdout).toContain('SCHED_IDLE');
      expect((await host.run('sh', policy)).stdout).not.toContain('SCHED_IDLE');
    }
    expect((await host.run('nice', [])).stdout).toBe(`${getPriority()}\n`);
    const [first = '', ...words] = await idleWords(host);
    expect((await host.run(first, [...words, 'nice'])).stdout).toBe('19\n');
    await expect(host.run('no-such-tool', [], { idle: true })).rejects.toMatchObject({ code: 'TOOL_MISSING', untouched: true });
  });

  it('says when the tool is missing, having changed nothing', async () => {
    await expect(host.run('no-such-tool', [])).rejects.toMatchObject({ code: 'TOOL_MISSING', untouched: true, retryable: false });
  });

  it('gives it nothing to read', async () => {
    expect(await host.run('cat', [], { deadlineMs: 5000 })).toMatchObject({ exitCode: 0, stdout: '' });
  });

  it('gives it a clean environment and what the caller adds', async () => {
    process.env['RSYNC_RSH'] = 'not for a child';
    const { stdout } = await host.run('env', [], { environment: { ADDED: "it's $HOME" } });
    delete process.env['RSYNC_RSH'];
    expect(stdout.split('\n')).toEqual(expect.arrayContaining(['LC_ALL=C', "ADDED=it's $HOME"]));
    expect(stdout).not.toContain('RSYNC_RSH');
  });

  it('hands on its output as it comes, and keeps the first mebibyte', async () => {
    let seen = 0;
    const { stdout } = await host.run('sh', ['-c', 'yes 0123456 | head -c 3000000'], { onStdout: (text) => (seen += text.length) });
    expect(seen).toBe(3_000_000);
    expect(stdout).toHaveLength(1024 * 1024);
  });

  it('keeps the last words', async () => {
    const { stderr } = await host.run('sh', ['-c', 'yes 0123456 | head -c 3000000 >&2; echo last >&2']);
    expect(stderr.length).toBeLessThanOrEqual(64 * 1024);
    expect(stderr.length).toBeGreaterThan(60 * 1024);
    expect(stderr.endsWith('last\n')).toBe(true);
  });

  it('does not start when it was cancelled before', async () => {
    const witness = join(tmpdir(), `image-api-witness-${process.pid}`);
    const run = host.run('touch', [witness], { signal: AbortSignal.abort() });
    await expect(run).rejects.toMatchObject({ code: 'CANCELLED', origin: 'caller', untouched: true });
    await expect(fs.stat(witness)).rejects.toThrow('ENOENT');
  });

  it('is gone, grandchildren too, when it was cancelled', async () => {
    const seconds = uniqueSeconds();
    const stop = new AbortController();
    const run = host.run('sh', ['-c', `sleep ${seconds} & sleep ${seconds}`], { signal: stop.signal });
    run.catch(() => undefined);
    expect(await comesTrue(() => processesRunning('sleep', seconds).length === 2, 5000)).toBe(true);
    stop.abort();
    await expect(run).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(processesRunning('sleep', seconds)).toEqual([]);
  });

  it('is killed when it does not listen to TERM', async () => {
    const seconds = uniqueSeconds();
    const run = host.run('sh', ['-c', `trap "" TERM; sleep ${seconds}`], { deadlineMs: 300, killAfterMs: 300 });
    await expect(run).rejects.toMatchObject({ code: 'DEADLINE' });
    expect(processesRunning('sleep', seconds)).toEqual([]);
  });

  it('ends in order even when it was stopped', async () => {
    const said: string[] = [];
    const run = host.run('sh', ['-c', 'trap "echo ended; exit 0" TERM; echo up; kill -STOP $$; sleep 1'], {
      deadlineMs: 500,
      onStdout: (text) => void said.push(text),
    });
    await expect(run).rejects.toMatchObject({ code: 'DEADLINE' });
    expect(said.join('')).toBe('up\nended\n');
  });

  it('is ended when nothing moves', async () => {
    const run = host.run('sh', ['-c', 'echo up; sleep 60'], { stallMs: 300 });
    await expect(run).rejects.toMatchObject({ code: 'STALLED', retryable: true });
  });

  it('goes on as long as something moves', async () => {
    let work = 0;
    const worker = setInterval(() => work++, 50);
    const { exitCode } = await host.run('sleep', ['1.2'], { stallMs: 400, progress: () => work });
    clearInterval(worker);
    expect(exitCode).toBe(0);
  });

  it('does not wait for what the tool left behind, and ends it', async () => {
    const seconds = uniqueSeconds();
    const { exitCode, stdout, durationMs } = await host.run('sh', ['-c', `sleep ${seconds} & echo done`]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'done\n' });
    expect(durationMs).toBeLessThan(4000);
    expect(processesRunning('sleep', seconds)).toEqual([]);
  });

  it('does not wait for a process that left the group with the output in its hands', async () => {
    const seconds = uniqueSeconds();
    const { stdout, durationMs } = await host.run('sh', ['-c', `setsid sleep ${seconds} & echo done`]);
    expect(stdout).toBe('done\n');
    expect(durationMs).toBeLessThan(5000);
    for (const pid of processesRunning('sleep', seconds)) process.kill(pid, 'SIGKILL');
  });

  it('has exactly the name and the arguments that were asked for', async () => {
    const seconds = uniqueSeconds();
    const stop = new AbortController();
    const run = host.run('sleep', [seconds, '0', '0'], { signal: stop.signal });
    run.catch(() => undefined);
    expect(await comesTrue(() => processesRunning('sleep', seconds, '0', '0').length === 1, 5000)).toBe(true);
    stop.abort();
    await expect(run).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
