import { mkdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Plan } from 'image-api';
import { beforeAll, describe, expect, it } from 'vitest';
import { describeLab } from '../src/describe-lab.ts';
import { expectCopied, expectExit } from '../src/expect-copied.ts';
import { flowAfterFirstByte, watchGrowth } from '../src/growth.ts';
import { writeRandomImage } from '../src/image-files.ts';
import type { ImagectlOptions } from '../src/imagectl.ts';
import { candidateOf, planOf } from '../src/plan-of.ts';
import { processesOf } from '../src/processes.ts';
import type { LabProcess } from '../src/processes.ts';
import { shareOf } from '../src/rates.ts';
import { resultOf } from '../src/result-lines.ts';

const mebibyte = 1024 * 1024;
const limit = 20 * mebibyte;
const config = { limits: { bandwidth: '20MiB/s' } };

describeLab('limits', { hosts: { alpha: {} }, sideBySide: true }, (lab) => {
  let digest = '';
  beforeAll(async () => {
    digest = await writeRandomImage(lab().here.outside('/srv/disk.raw'), 240);
    for (const name of ['flag', 'ssh']) await mkdir(lab().host('alpha').outside(`/srv/${name}`));
    for (const name of ['local', 'free']) await mkdir(lab().here.outside(`/srv/${name}`));
  });

  const rateOf = async (
    on: 'here' | 'alpha',
    directory: string,
    args: readonly string[],
    options?: ImagectlOptions,
  ): Promise<{ share: number; driver: string }> => {
    const copy = lab().imagectl(['copy', '/srv/disk.raw', ...args, '--json'], options);
    const samples = await watchGrowth(lab().host(on).outside(directory), copy);
    const result = await copy;
    await expectCopied(result, { host: lab().host(on), path: `${directory}/x.raw` }, digest);
    return { share: shareOf(flowAfterFirstByte(samples, 10), limit), driver: resultOf(result).driver };
  };

  /** Within five hundredths of the limit. */
  const kept = { driver: 'ssh', share: expect.closeTo(1, 1) as number };

  describe.concurrent('of 20 MiB/s, measured where the bytes arrive, over ten seconds from the first one', () => {
    it('is kept by rsync, by exactly the command the plan tells', async () => {
      const asked = ['alpha:/srv/flag/x.raw', '--limit', '20MiB/s', '--driver', 'rsync'];
      const plan = await planOf(lab(), ['/srv/disk.raw', ...asked]);
      const copied = rateOf('alpha', '/srv/flag', asked);
      const running = await firstRsync((args) => args.at(-1)?.includes('/srv/flag/') === true);
      expect(running?.args, 'the argument list of the running rsync').toEqual(commandOf(plan));
      expect(await copied).toEqual({ ...kept, driver: 'rsync' });
    });

    it('is kept over ssh when it comes from the config', async () => {
      expect(await rateOf('alpha', '/srv/ssh', ['alpha:/srv/ssh/x.raw'], { config })).toEqual(kept);
    });

    it('is kept on this machine when it comes from the config', async () => {
      expect(await rateOf('here', '/srv/local', ['/srv/local/x.raw'], { config })).toEqual({ ...kept, driver: 'cp' });
    });
  });

  const firstRsync = async (wanted: (args: readonly string[]) => boolean): Promise<LabProcess | undefined> => {
    for (let round = 0; round < 200; round += 1) {
      const found = (await processesOf(lab().here)).find(({ args }) => /(^|\/)rsync$/.test(args[0] ?? '') && wanted(args));
      if (found) return found;
      await delay(25);
    }
    return undefined;
  };

  it('is in the plan, with where it came from', async () => {
    const plan = await planOf(lab(), ['/srv/disk.raw', '/srv/free/x.raw'], { config });
    expect(plan).toMatchObject({ driver: 'cp', limits: { bandwidth: limit }, limitsFrom: 'config' });
  });

  it('is never dropped: who cannot change it while it runs is out when that is insisted on, and the plan says why', async () => {
    await writeRandomImage(lab().host('alpha').outside('/srv/there.raw'), 1);
    const within = ['alpha:/srv/there.raw', 'alpha:/srv/again.raw', '--limit', '20MiB/s'];
    expect(candidateOf(await planOf(lab(), within), 'rsync')).toMatchObject({ accepted: true });
    expect(candidateOf(await planOf(lab(), [...within, '--needs', 'liveLimits']), 'rsync')).toMatchObject({
      accepted: false,
      stage: 'offer',
      reason: 'rsync cannot change the limit of a copy within alpha while it runs',
    });
    const refused = await lab().imagectl(['copy', ...within, '--needs', 'liveLimits', '--driver', 'rsync']);
    expectExit(refused, 3);
    expect(refused.stderr).toContain('cannot change the limit of a copy within alpha');
  });

  it.each([
    ['absent', {}],
    ['0', { limits: { bandwidth: 0 } }],
    ["'none'", { limits: { bandwidth: 'none' } }],
  ])('of %s in the config is none', async (_what, unlimited) => {
    const plan = await planOf(lab(), ['/srv/disk.raw', '/srv/free/x.raw'], { config: unlimited });
    expect(plan).toMatchObject({ driver: 'cp', limits: {} });
  });

  it('of the config is lifted by the flag', async () => {
    const plan = await planOf(lab(), ['/srv/disk.raw', '/srv/free/x.raw', '--limit', 'none'], { config });
    expect(plan).toMatchObject({ driver: 'cp', limits: {} });
  });
});

/** The argument list the winner will run, as the kernel will show it. */
function commandOf(plan: Plan): readonly string[] {
  const winner = plan.candidates.find((candidate) => candidate.accepted);
  const command = winner?.accepted ? winner.commands.at(-1) : undefined;
  return command ? [command.tool, ...command.args] : [];
}
