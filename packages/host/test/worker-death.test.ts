import { existsSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findTool } from '../src/find-tool.ts';
import { createPrivateDirectory } from '../src/private-directory.ts';
import { startProgram } from './child-program.ts';
import type { ChildProgram } from './child-program.ts';
import { comesTrue, processesRunning, uniqueSeconds } from './processes.ts';
import { sshdMissing, startSshd } from './real-sshd.ts';
import type { RealSshd } from './real-sshd.ts';

const setpriv = await findTool('setpriv', process.env['PATH']);
let sshd: RealSshd | undefined;
const programs: ChildProgram[] = [];

beforeAll(async () => {
  if (sshdMissing === undefined) sshd = await startSshd();
});
afterAll(() => sshd?.stop());
afterEach(async () => {
  for (const program of programs.splice(0)) {
    program.child.kill('SIGKILL');
    await program.remove();
  }
});

/** A program that runs `sleep SECONDS` here or over there and does what `then` says once it is up. */
async function startSleeper(kind: 'local' | 'ssh', seconds: string, then = ''): Promise<ChildProgram> {
  const program = await startProgram(
    `const [kind, seconds, configFile, alias] = process.argv.slice(2);
     const hosts = createHosts({ ssh: { configFile } });
     const host = kind === 'local' ? hosts.local : hosts.ssh({ host: alias });
     const run = host.run('sleep', [seconds]).catch((error) => console.log(error.code));
     ${then}`,
    [kind, seconds, sshd?.configFile ?? '', sshd?.alias ?? ''],
  );
  programs.push(program);
  expect(await comesTrue(() => processesRunning('sleep', seconds).length === 1, 10_000), program.output()).toBe(true);
  return program;
}

async function isGone(seconds: string): Promise<boolean> {
  return comesTrue(() => processesRunning('sleep', seconds).length === 0, 5000);
}

describe.each(['local', 'ssh'] as const)('a worker on a host of the kind %s', { timeout: 30_000 }, (kind) => {
  const skipped = kind === 'ssh' && sshdMissing !== undefined;

  it.skipIf(skipped || !setpriv)('dies when we are killed with -9 (needs setpriv)', async () => {
    const seconds = uniqueSeconds();
    const { child } = await startSleeper(kind, seconds);
    child.kill('SIGKILL');
    expect(await isGone(seconds)).toBe(true);
  });

  it.skipIf(skipped || !setpriv)('dies even if it was stopped', async () => {
    const seconds = uniqueSeconds();
    const { child } = await startSleeper(kind, seconds);
    for (const pid of processesRunning('sleep', seconds)) process.kill(pid, 'SIGSTOP');
    child.kill('SIGKILL');
    expect(await isGone(seconds)).toBe(true);
  });

  it.skipIf(skipped).each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'dies when we are ended by %s, and we die of it too',
    async (signal) => {
      const seconds = uniqueSeconds();
      const { child } = await startSleeper(kind, seconds);
      const exited = once(child, 'exit');
      child.kill(signal);
      expect(await exited).toEqual([null, signal]);
      expect(await isGone(seconds)).toBe(true);
    },
  );

  it.skipIf(skipped).each([
    ['by an exception nobody caught', "throw new Error('oops')"],
    ['by process.exit()', 'process.exit(0)'],
  ])('dies when we end %s', async (_, end) => {
    const seconds = uniqueSeconds();
    const { child } = await startSleeper(kind, seconds, `process.stdin.once('data', () => { ${end} });`);
    child.stdin?.write('now');
    await once(child, 'exit');
    expect(await isGone(seconds)).toBe(true);
  });
});

describe.skipIf(sshdMissing !== undefined)('what stands between us and an ssh host', { timeout: 30_000 }, () => {
  it('does not keep a program from ending by itself, and leaves nothing behind', async () => {
    const runtime = await fs.mkdtemp(join(tmpdir(), 'r'));
    const program = await startProgram(
      `const [configFile, alias, runtime] = process.argv.slice(2);
       const hosts = createHosts({ ssh: { configFile }, environment: { ...process.env, XDG_RUNTIME_DIR: runtime } });
       const host = hosts.ssh({ host: alias });
       await host.run('true', []);
       const claim = await host.claim(runtime + '/claimed');
       console.log(claim.existed, host.ssh.environment.IMAGE_API_SSH_DIR);`,
      [sshd?.configFile ?? '', sshd?.alias ?? '', runtime],
    );
    programs.push(program);
    const [code] = (await once(program.child, 'exit')) as [number];
    const [, directory = ''] = /^false (.*)$/m.exec(program.output()) ?? [];
    expect({ code, below: directory.startsWith(runtime), left: existsSync(directory) }).toEqual({ code: 0, below: true, left: false });
    await fs.rm(runtime, { recursive: true });
  });

  it('lets go of a claim when we are killed with -9', async () => {
    const directory = await fs.mkdtemp(join(tmpdir(), 'image-api-host-'));
    const program = await startProgram(
      `const [configFile, alias, path] = process.argv.slice(2);
       const host = createHosts({ ssh: { configFile } }).ssh({ host: alias });
       await host.claim(path);
       console.log('claimed');
       setInterval(() => {}, 1000);`,
      [sshd?.configFile ?? '', sshd?.alias ?? '', join(directory, 'x')],
    );
    programs.push(program);
    expect(await comesTrue(() => program.output().includes('claimed'), 10_000), program.output()).toBe(true);
    const { createHosts } = await import('../src/index.ts');
    const { local } = createHosts();
    await expect(local.claim(join(directory, 'x'))).rejects.toMatchObject({ code: 'DESTINATION_BUSY' });
    program.child.kill('SIGKILL');
    const claimable = async (): Promise<boolean> =>
      local.claim(join(directory, 'x')).then(
        (claim) => claim.release().then(() => true),
        () => false,
      );
    expect(await comesTrue(claimable, 5000)).toBe(true);
    await fs.rm(directory, { recursive: true });
  });
});

it('leaves alone what the processes of another container need', { timeout: 30_000 }, async (context) => {
  if (process.getuid?.() !== 0) context.skip('only root may make a PID namespace');
  const runtime = await fs.mkdtemp(join(tmpdir(), 'r'));
  const code = `const hosts = createHosts({ environment: { ...process.env, XDG_RUNTIME_DIR: process.argv[2] } });
     console.log('made', hosts.ssh({ host: 'box' }).ssh.environment.IMAGE_API_SSH_DIR);
     setInterval(() => {}, 1000);`;
  const start = async (): Promise<string> => {
    const program = await startProgram(code, [runtime], ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc']);
    programs.push(program);
    expect(await comesTrue(() => program.output().includes('\n'), 10_000), program.output()).toBe(true);
    return /^made (.*)$/m.exec(program.output())?.[1] ?? '';
  };
  const [one, other] = [await start(), await start()];
  const ours = createPrivateDirectory({ XDG_RUNTIME_DIR: runtime });
  expect([one, other, ours.path].map((path) => path.startsWith(runtime) && existsSync(path))).toEqual([true, true, true]);
  ours.remove();
  for (const program of programs) program.child.kill('SIGKILL');
  await fs.rm(runtime, { recursive: true });
});
