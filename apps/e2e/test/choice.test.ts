import { mkdir } from 'node:fs/promises';
import { beforeAll, expect, it } from 'vitest';
import { describeLab } from '../src/describe-lab.ts';
import { expectCopied, expectExit } from '../src/expect-copied.ts';
import { writeRandomImage } from '../src/image-files.ts';
import { listing } from '../src/listing.ts';
import { candidateOf, planOf } from '../src/plan-of.ts';
import { resultOf } from '../src/result-lines.ts';

const hosts = { alpha: {}, bare: { without: ['rsync', 'perl'] }, bereft: { without: ['rsync', 'scp', 'perl'], sftp: false } };

describeLab('the choice of a driver', { hosts }, (lab) => {
  let digest = '';
  beforeAll(async () => {
    await mkdir(lab().here.outside('/srv/in'));
    digest = await writeRandomImage(lab().here.outside('/srv/in/disk.raw'), 4);
    for (const host of lab().all) await mkdir(host.outside('/srv/out'));
  });

  const emptied = async (name: string): Promise<void> => void (await lab().host(name).run(['sh', '-c', 'rm -f /srv/out/*']));

  it('is ssh over ssh, where neither limits nor rules say otherwise', async () => {
    expect((await planOf(lab(), ['/srv/in/disk.raw', 'alpha:/srv/out/disk.raw'])).driver).toBe('ssh');
  });

  it('is scp when rsync and perl are missing on the far side, and the plan says why', async () => {
    const plan = await planOf(lab(), ['/srv/in/disk.raw', 'bare:/srv/out/disk.raw']);
    expect(plan.driver).toBe('scp');
    const rsync = candidateOf(plan, 'rsync');
    expect(rsync, JSON.stringify(plan)).toMatchObject({ accepted: false, stage: 'offer' });
    expect(rsync.reason).toMatch(/rsync.*bare|bare.*rsync/);
    expect(candidateOf(plan, 'ssh').reason).toMatch(/perl.*bare|bare.*perl/);

    const result = await lab().imagectl(['copy', '/srv/in/disk.raw', 'bare:/srv/out/disk.raw', '--json']);
    await expectCopied(result, { host: lab().host('bare'), path: '/srv/out/disk.raw' }, digest);
    expect(resultOf(result).attempts.map(({ driver }) => driver)).toEqual(['scp']);
    await emptied('bare');
  });

  it('is scp, too, when they are missing where the source is', async () => {
    await lab().here.run(['scp', '-q', '-F', '/etc/ssh/lab.conf', '/srv/in/disk.raw', 'bare:/srv/disk.raw']);
    const result = await lab().imagectl(['copy', 'bare:/srv/disk.raw', '/srv/out/disk.raw', '--json']);
    await expectCopied(result, { host: lab().here, path: '/srv/out/disk.raw' }, digest);
    expect(resultOf(result).driver).toBe('scp');
    await emptied('here');
  });

  it('fails with the table when the driver that was asked for cannot', async () => {
    const before = await listing(lab().host('bare'), '/srv');
    const result = await lab().imagectl(['copy', '/srv/in/disk.raw', 'bare:/srv/out/disk.raw', '--driver', 'rsync']);
    expectExit(result, 3);
    expect(result.stderr).toMatch(/rsync.*bare|bare.*rsync/);
    expect(result.stderr).toContain('scp');
    expect(await listing(lab().host('bare'), '/srv')).toEqual(before);
  });

  it('fails with each reason when the far side has none', async () => {
    const before = await listing(lab().host('bereft'), '/srv');
    const result = await lab().imagectl(['copy', '/srv/in/disk.raw', 'bereft:/srv/out/disk.raw']);
    expectExit(result, 3);
    expect(result.stderr).toMatch(/^.*rsync.*bereft.*$/m);
    expect(result.stderr).toMatch(/^.*perl.*bereft.*$/m);
    expect(result.stderr).toMatch(/^.*scp.*(sftp|SFTP).*$/m);
    expect(await listing(lab().host('bereft'), '/srv')).toEqual(before);
  });

  it('follows a rule, and the plan names the rule', async () => {
    const config = { rules: [{ to: 'ssh://**', use: ['scp'] }] };
    expect((await planOf(lab(), ['/srv/in/disk.raw', 'alpha:/srv/out/disk.raw'])).driver).toBe('ssh');
    const plan = await planOf(lab(), ['/srv/in/disk.raw', 'alpha:/srv/out/disk.raw'], { config });
    expect(plan.driver).toBe('scp');
    expect(plan.rules.join()).toContain('rule 1 (to ssh://**');
    expect(candidateOf(plan, 'rsync')).toMatchObject({ accepted: false, stage: 'rule', reason: expect.stringContaining('rule 1') });
    const text = await lab().imagectl(['plan', '/srv/in/disk.raw', 'alpha:/srv/out/disk.raw'], { config });
    expect(text.stdout).toContain('ssh://**');

    const result = await lab().imagectl(['copy', '/srv/in/disk.raw', 'alpha:/srv/out/disk.raw', '--json'], { config });
    await expectCopied(result, { host: lab().host('alpha'), path: '/srv/out/disk.raw' }, digest);
    expect(resultOf(result).driver).toBe('scp');
    await emptied('alpha');
  });

  it.each([
    ['b', 'scp'],
    ['c', 'ssh'],
  ])('follows a rule with a condition where the facts meet it: zone %s by %s', async (zone, driver) => {
    const config = { facts: { zone }, rules: [{ to: 'ssh://**', when: { zone: 'b' }, use: ['scp'] }] };
    const plan = await planOf(lab(), ['/srv/in/disk.raw', 'alpha:/srv/out/disk.raw'], { config });
    expect(plan.driver).toBe(driver);
    expect(plan.rules).toHaveLength(driver === 'scp' ? 1 : 0);
  });

  it('is what the config leaves: named drivers only', async () => {
    const plan = await planOf(lab(), ['/srv/in/disk.raw', '/srv/out/disk.raw'], { config: { drivers: ['rsync', 'scp'] } });
    expect(plan.candidates.map(({ driver }) => driver).toSorted()).toEqual(['rsync', 'scp']);
    expect(plan.driver).toBe('rsync');
  });

  it('goes by how long copies on the same route took, once there were two, and the plan says so', async () => {
    await writeRandomImage(lab().here.outside('/srv/in/large.raw'), 40);
    const ends = ['/srv/in/large.raw', 'alpha:/srv/out/large.raw'];
    const before = await planOf(lab(), ends);
    expect(candidateOf(before, 'rsync')).toMatchObject({ basis: { by: 'driver' } });
    for (let count = 0; count < 2; count += 1) {
      expectExit(await lab().imagectl(['copy', ...ends, '--driver', 'rsync', '--overwrite', 'replace']), 0);
    }
    const after = await planOf(lab(), [...ends, '--overwrite', 'replace']);
    expect(candidateOf(after, 'rsync')).toMatchObject({ basis: { by: 'own-copies', copies: 2 } });
    expect(candidateOf(after, 'scp')).toMatchObject({ basis: { by: 'other-copies', copies: 2 } });
    const text = await lab().imagectl(['plan', ...ends, '--overwrite', 'replace', '--driver', 'rsync']);
    expect(text.stdout).toMatch(/^estimate .*, by 2 earlier copies on this route; the driver itself guesses /m);
    await emptied('alpha');
  });
});
