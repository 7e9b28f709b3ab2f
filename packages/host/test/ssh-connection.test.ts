import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Host, SshAccess } from '@image-api/driver';
import { findTool } from '../src/find-tool.ts';
import { createHosts } from '../src/index.ts';
import type { Hosts } from '../src/index.ts';
import { comesTrue, processesRunning, uniqueSeconds } from './processes.ts';
import { sshdMissing, startSshd } from './real-sshd.ts';
import type { RealSshd } from './real-sshd.ts';

const runFile = promisify(execFile);
let sshd: RealSshd;
let hosts: Hosts;
let host: Host;
let access: SshAccess;

beforeEach(async (context) => {
  if (sshdMissing !== undefined) context.skip(sshdMissing);
  await use(await startSshd());
});
afterEach(async () => {
  await hosts?.close();
  await sshd?.stop();
});

async function use(server: RealSshd): Promise<void> {
  await hosts?.close();
  await sshd?.stop();
  sshd = server;
  hosts = createHosts({ ssh: { configFile: sshd.configFile } });
  host = hosts.ssh({ host: sshd.alias });
  access = host.ssh as SshAccess;
}

describe('the shared connection', { timeout: 30_000 }, () => {
  it('is not opened before it is needed, and opened once for all who need it', async () => {
    expect(sshd.sessions()).toBe(0);
    expect(hosts.ssh({ host: sshd.alias })).toBe(host);
    const results = await Promise.all(Array.from({ length: 5 }, (_, i) => host.run('echo', [String(i)])));
    expect(results.map(({ stdout }) => stdout.trim())).toEqual(['0', '1', '2', '3', '4']);
    expect(sshd.sessions()).toBe(1);
  });

  it('is shared by two names of one host', async () => {
    await hosts.ssh({ host: sshd.alias, user: sshd.user }).run('true', []);
    await host.run('true', []);
    await hosts.ssh({ host: sshd.alias, port: sshd.port }).run('true', []);
    expect(sshd.sessions()).toBe(1);
  });

  it('serves the ssh of tools: ssh itself, scp and rsync', async () => {
    await host.run('true', []);
    const environment = { PATH: process.env['PATH'], HOME: process.env['HOME'], ...access.environment };
    const directory = await fs.mkdtemp(join(tmpdir(), 'image-api-host-'));
    await fs.writeFile(join(directory, 'image'), 'bytes');
    const said = await runFile('ssh', [...access.options, '-v', '--', access.host, 'echo there'], { env: environment });
    expect(said.stdout).toBe('there\n');
    expect(said.stderr).toContain('mux_client_request_session: master session id');
    await runFile('scp', ['-q', ...access.options, '--', join(directory, 'image'), `${access.host}:${join(directory, 'by-scp')}`], {
      env: environment,
    });
    await runFile(
      'rsync',
      ['-e', [access.program, ...access.options].join(' '), join(directory, 'image'), `${access.host}:${join(directory, 'by-rsync')}`],
      {
        env: environment,
      },
    );
    expect((await fs.readdir(directory)).toSorted()).toEqual(['by-rsync', 'by-scp', 'image']);
    expect(sshd.sessions()).toBe(1);
    await fs.rm(directory, { recursive: true });
  });

  it('is not the end of it when the server allows no more sessions on one connection', async () => {
    await use(await startSshd({ config: ['MaxSessions 2'] }));
    const results = await Promise.all(Array.from({ length: 6 }, (_, i) => host.run('sh', ['-c', `sleep 0.5; echo ${i}`])));
    expect(results.map(({ stdout, stderr }) => stdout + stderr)).toEqual(['0\n', '1\n', '2\n', '3\n', '4\n', '5\n']);
  });

  it('is told by the same words in every process', () => {
    const other = createHosts({ ssh: { configFile: sshd.configFile } });
    const { options, environment } = other.ssh({ host: sshd.alias }).ssh as SshAccess;
    expect(options).toEqual(access.options);
    expect(environment).not.toEqual(access.environment);
    return other.close();
  });

  it('is opened again after it was lost', async () => {
    await host.run('true', []);
    sshd.cutSessions();
    expect(
      await comesTrue(
        () =>
          host.run('true', []).then(
            () => true,
            () => false,
          ),
        5000,
      ),
    ).toBe(true);
    // Whoever came at the very moment may have gone by a connection of its own.
    await host.run('true', []);
    expect(sshd.sessions()).toBe(1);
  });

  it('takes a running tool along when it is lost, and says that trying again may help', async () => {
    const seconds = uniqueSeconds();
    const run = host.run('sleep', [seconds]);
    run.catch(() => undefined);
    expect(await comesTrue(() => processesRunning('sleep', seconds).length === 1, 5000)).toBe(true);
    sshd.cutSessions();
    await expect(run).rejects.toMatchObject({
      code: 'UNREACHABLE',
      retryable: true,
      message: expect.stringContaining(sshd.alias) as string,
    });
    expect(await comesTrue(() => processesRunning('sleep', seconds).length === 0, 5000)).toBe(true);
  });

  it('is gone after close(), with its directory, and comes back when it is needed', async () => {
    await host.run('true', []);
    const { IMAGE_API_SSH_DIR: directory = '' } = access.environment;
    expect((await fs.stat(directory)).mode & 0o777).toBe(0o700);
    await hosts.close();
    expect(existsSync(directory)).toBe(false);
    expect(await comesTrue(() => sshd.sessions() === 0, 5000)).toBe(true);
    expect(await host.run('echo', ['again'])).toMatchObject({ stdout: 'again\n' });
  });

  it('comes back for whoever needs it while it is being closed', async () => {
    await host.run('true', []);
    const { IMAGE_API_SSH_DIR: before = '' } = access.environment;
    const closing = hosts.close();
    const result = await host.run('echo', ['meanwhile']);
    await closing;
    expect(result.stdout).toBe('meanwhile\n');
    const { IMAGE_API_SSH_DIR: after = '' } = access.environment;
    expect([existsSync(before), existsSync(after)]).toEqual([false, true]);
    expect((await fs.readdir(after)).length).toBe(1);
    expect((await host.run('echo', ['still'])).stdout).toBe('still\n');
    expect(sshd.sessions()).toBe(1);
  });

  it('is opened where it will stay when it is closed while it is looked for', async () => {
    const call = host.run('echo', ['all the same']);
    await hosts.close();
    expect((await call).stdout).toBe('all the same\n');
  });

  it('does not have a cancelled tool waited for when nothing comes through any more', async () => {
    const seconds = uniqueSeconds();
    const stop = new AbortController();
    const run = host.run('sleep', [seconds], { signal: stop.signal });
    run.catch(() => undefined);
    expect(await comesTrue(() => processesRunning('sleep', seconds).length === 1, 5000)).toBe(true);
    sshd.freezeSessions(true);
    const begun = performance.now();
    stop.abort();
    await expect(run).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(performance.now() - begun).toBeLessThan(2500);
    sshd.freezeSessions(false);
    expect(await comesTrue(() => processesRunning('sleep', seconds).length === 0, 5000)).toBe(true);
  });

  it('does not have a claim waited for that was cancelled when nothing comes through any more', async () => {
    await host.run('true', []);
    sshd.freezeSessions(true);
    const begun = performance.now();
    const claim = host.claim(join(sshd.directory, 'x'), { signal: AbortSignal.timeout(200) });
    await expect(claim).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(performance.now() - begun).toBeLessThan(2500);
    sshd.freezeSessions(false);
  });

  it('has a cancelled tool waited for that takes its time to end over there', async () => {
    const stop = new AbortController();
    const said: string[] = [];
    const run = host.run('sh', ['-c', 'trap "sleep 2.5; echo tidy; exit 0" TERM; echo up; while :; do sleep 0.1; done'], {
      signal: stop.signal,
      onStdout: (text) => {
        said.push(text);
        stop.abort();
      },
    });
    await expect(run).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(said.join('')).toBe('up\ntidy\n');
  });

  it('does not have a call wait that was cancelled while connecting', async () => {
    process.kill(sshd.pid, 'SIGSTOP');
    const begun = performance.now();
    await expect(host.run('true', [], { signal: AbortSignal.timeout(200) })).rejects.toMatchObject({ code: 'CANCELLED', untouched: true });
    expect(performance.now() - begun).toBeLessThan(1500);
    process.kill(sshd.pid, 'SIGCONT');
  });
});

describe('a host that cannot be reached', { timeout: 30_000 }, () => {
  it('has an unknown key', async () => {
    await fs.writeFile(sshd.knownHosts, '');
    await expect(host.run('true', [])).rejects.toMatchObject({ code: 'HOST_KEY', retryable: false });
  });

  it('has another key than before', async () => {
    const other = (await fs.readFile(join(sshd.directory, 'user_key.pub'), 'utf8')).trim();
    await fs.writeFile(sshd.knownHosts, `[127.0.0.1]:${sshd.port} ${other}\n`);
    await expect(host.stat('/')).rejects.toMatchObject({
      code: 'HOST_KEY',
      message: expect.stringContaining('not the one in known_hosts') as string,
    });
  });

  it('refuses our key', async () => {
    await fs.writeFile(join(sshd.directory, 'authorized_keys'), '');
    await expect(host.claim('/x')).rejects.toMatchObject({ code: 'AUTH_DENIED', retryable: false });
  });

  it('does not listen', async () => {
    process.kill(sshd.pid, 'SIGKILL');
    await expect(host.run('true', [])).rejects.toMatchObject({
      code: 'UNREACHABLE',
      retryable: true,
      message: expect.stringContaining('refused') as string,
    });
  });

  it('does not exist', async () => {
    await expect(hosts.ssh({ host: 'no-such-host.invalid' }).run('true', [])).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });

  it('is described by a configuration that is not valid', async () => {
    const broken = createHosts({ ssh: { configFile: join(sshd.directory, 'no-such-file') } });
    await expect(broken.ssh({ host: 'box' }).run('true', [])).rejects.toMatchObject({ code: 'BAD_CONFIG' });
    await broken.close();
  });

  it('gives us no shell', async () => {
    await use(await startSshd({ config: ['ForceCommand echo no shell for you; exit 1'] }));
    await expect(host.run('true', [])).rejects.toMatchObject({
      code: 'AUTH_DENIED',
      message: expect.stringContaining('no shell for you') as string,
    });
  });

  it('is asked anew each time, so that it works as soon as it can', async () => {
    const known = await fs.readFile(sshd.knownHosts);
    await fs.writeFile(sshd.knownHosts, '');
    await expect(host.run('true', [])).rejects.toMatchObject({ code: 'HOST_KEY' });
    await fs.writeFile(sshd.knownHosts, known);
    expect(await host.run('true', [])).toMatchObject({ exitCode: 0 });
  });
});

describe('a host with ways of its own', { timeout: 30_000 }, () => {
  it('may greet us on both outputs', async (context) => {
    const profile = ['.bashrc', '.zshenv', '.profile'].map((name) => join(sshd.directory, name));
    for (const path of profile) await fs.writeFile(path, 'echo Welcome; echo "Mind the step" >&2\n');
    const greeting = execFileSync('ssh', ['-F', sshd.configFile, sshd.alias, 'true'], { encoding: 'utf8', stdio: 'pipe' });
    if (greeting === '') context.skip('the login shell of this user reads no file before a command');
    expect(await host.run('sh', ['-c', 'echo out; echo words >&2'])).toMatchObject({ stdout: 'out\n', stderr: 'words\n' });
    expect(await host.stat('/')).toMatchObject({ kind: 'directory' });
  });

  it('may lack a tool', async () => {
    const bin = await fs.mkdtemp(join(tmpdir(), 'image-api-bin-'));
    for (const tool of ['sh', 'setsid', 'timeout', 'head', 'sleep', 'grep', 'cp', 'cat'])
      await fs.symlink((await findTool(tool, process.env['PATH'])) ?? '', join(bin, tool));
    await use(await startSshd({ environment: { PATH: bin } }));
    await expect(host.run('rsync', ['--version'])).rejects.toMatchObject({
      code: 'TOOL_MISSING',
      message: expect.stringContaining(`on ${sshd.alias}`) as string,
    });
    expect(await host.tool('rsync')).toMatchObject({ available: false });
    expect(await host.run('cat', ['/dev/null'])).toMatchObject({ exitCode: 0 });
    await fs.rm(bin, { recursive: true });
  });
});
