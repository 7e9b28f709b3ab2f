import { mkdir } from 'node:fs/promises';
import { beforeAll, expect, it } from 'vitest';
import { describeLab } from '../src/describe-lab.ts';
import { expectExit } from '../src/expect-copied.ts';
import { writeRandomImage } from '../src/image-files.ts';
import { candidateOf, planOf } from '../src/plan-of.ts';
import { resultOf } from '../src/result-lines.ts';

describeLab('estimates over a link of 100 Mbit/s', { hosts: { alpha: {} }, rate: '100mbit', heavy: true }, (lab) => {
  beforeAll(async () => {
    await mkdir(lab().here.outside('/srv/in'));
    await mkdir(lab().host('alpha').outside('/srv/out'));
    await writeRandomImage(lab().here.outside('/srv/in/disk.raw'), 64);
    await writeRandomImage(lab().here.outside('/srv/in/larger.raw'), 160);
  });

  const copied = async (name: string, to: string, driver: string): Promise<number> => {
    const result = await lab().imagectl(['copy', `/srv/in/${name}`, `alpha:/srv/out/${to}.raw`, '--driver', driver, '--json']);
    expectExit(result, 0);
    return resultOf(result).seconds;
  };
  const estimated = async (driver: string): Promise<number> => {
    const candidate = candidateOf(await planOf(lab(), ['/srv/in/larger.raw', 'alpha:/srv/out/new.raw']), driver);
    return candidate.accepted ? candidate.seconds : NaN;
  };

  it('are far off at first, and near once copies of another image have gone that way, for drivers that have not, too', async () => {
    const first = await estimated('rsync');
    for (const copy of ['one', 'two']) await copied('disk.raw', copy, 'rsync');
    const [rsync, scp] = [await estimated('rsync'), await estimated('scp')];
    const took = { rsync: await copied('larger.raw', 'by-rsync', 'rsync'), scp: await copied('larger.raw', 'by-scp', 'scp') };
    const ratios = { before: first / took.rsync, rsync: rsync / took.rsync, scp: scp / took.scp };
    expect(ratios.before).toBeLessThan(0.3);
    for (const ratio of [ratios.rsync, ratios.scp]) expect(ratio, JSON.stringify(ratios)).toBeGreaterThan(0.7);
    for (const ratio of [ratios.rsync, ratios.scp]) expect(ratio, JSON.stringify(ratios)).toBeLessThan(1.4);
  });
});
