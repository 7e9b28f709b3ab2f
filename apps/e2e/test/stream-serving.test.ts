import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { describeLab } from '../src/describe-lab.ts';
import { expectNobodyAtWork, expectStandsAlone } from '../src/expect-alone.ts';
import { expectExit } from '../src/expect-copied.ts';
import { writeRandomImage } from '../src/image-files.ts';
import type { ImagectlResult } from '../src/imagectl.ts';
import { linesOf } from '../src/result-lines.ts';
import type { ResultLine } from '../src/result-lines.ts';
import { streamFlags, streamTools } from '../src/streamed-copy.ts';

const mebibyte = 1024 * 1024;

describeLab('an image that is served on after its copy', { hosts: {}, tools: [...streamTools, 'qemu-io'] }, (lab) => {
  beforeAll(() => writeRandomImage(lab().here.outside('/srv/disk.raw'), 24));

  const imagectl = (...args: readonly string[]): Promise<ImagectlResult> => lab().imagectl(args, { noSshConfig: true });
  const tasks = async (): Promise<readonly ResultLine[]> => linesOf(await imagectl('tasks', '--json'));

  it('is listed while a machine uses it, kept for it, and gone with it', { timeout: 60_000 }, async () => {
    const { here } = lab();
    const started = await lab().imagectl(['copy', '/srv/disk.raw', '/srv/used.qcow2', '--ready', '--limit', '8MiB/s', ...streamFlags]);
    expectExit(started, 0);
    const uri = started.stdout.trim();
    const [file, ...words] = here.enter(['qemu-io', '-f', 'raw', uri]);
    const machine = spawn(file, words, { stdio: ['pipe', 'ignore', 'ignore'] });
    onTestFinished(() => void machine.kill('SIGKILL'));
    machine.stdin.write('read -q 20M 2M\n');
    const ofCopy = async (state: string): Promise<ResultLine | undefined> =>
      (await tasks()).find((line) => line['state'] === state && String(line['to']).endsWith('/srv/used.qcow2'));
    await expect.poll(() => ofCopy('succeeded'), { timeout: 20_000, interval: 250 }).toBeDefined();

    const done = await ofCopy('succeeded');
    expect(done).toMatchObject({ result: { counters: { bytesRead: 24 * mebibyte, bytesOnDemand: 2 * mebibyte } } });
    expect(await ofCopy('serving')).toMatchObject({ id: done?.['id'], ready: uri, attached: 1, complete: true });
    const { stdout } = await imagectl('tasks');
    expect(stdout).toMatch(/ serving +complete .*used\.qcow2$/m);
    expect(stdout).toContain(`: 1 client is attached at ${uri}\n`);

    const refused = await imagectl('cancel', String(done?.['id']));
    expectExit(refused, 5);
    expect(refused.stderr).toContain('one client is attached to file:///srv/used.qcow2');
    expect(machine.exitCode, 'exit code of the machine').toBeNull();

    machine.stdin.end('read -q 0 1M\n');
    expect(await once(machine, 'exit')).toEqual([0, null]);
    await expectNobodyAtWork(here);
    expect(await ofCopy('serving')).toBeUndefined();
    await expectStandsAlone(here.outside('/srv/used.qcow2'));
  });
});
