import { mkdir } from 'node:fs/promises';
import type { TaskResult } from 'image-api';
import { beforeAll, describe, expect, it } from 'vitest';
import { describeLab } from '../src/describe-lab.ts';
import { expectCopied } from '../src/expect-copied.ts';
import { allocated, sha256, writeRandomImage, writeSparseImage } from '../src/image-files.ts';
import type { ImagectlResult } from '../src/imagectl.ts';
import { planOf } from '../src/plan-of.ts';
import { resultOf } from '../src/result-lines.ts';
import { startRsyncDaemon } from '../src/rsync-daemon.ts';
import { trafficOf } from '../src/traffic.ts';

const mebibyte = 1024 * 1024;
/** An image of 40 MiB, 6 of them data: at both ends of holes, never at its own end. */
const dataAt = [0, 7, 8, 9, 20, 33];
const dataBytes = dataAt.length * mebibyte;

/** Without holes, so that a tool that sends them as zeros takes no longer than one that does not. */
const denseMebibytes = 6;

/** `alpha` has a key for `beta`; `gamma` lets in nobody but us. */
const hosts = { alpha: {}, beta: { admits: ['here', 'alpha'] }, gamma: { admits: ['here'] } };

const pairs = [
  { pair: 'file to file', from: '/srv/in/disk.raw', to: '/srv/out-%/disk.raw', fromHost: 'here', toHost: 'here' },
  { pair: 'file to ssh', from: '/srv/in/disk.raw', to: 'alpha:/srv/out-%/disk.raw', fromHost: 'here', toHost: 'alpha' },
  { pair: 'ssh to file', from: 'ssh://alpha/srv/in/disk.raw', to: '/srv/out-%/disk.raw', fromHost: 'alpha', toHost: 'here' },
  { pair: 'ssh to ssh, directly', from: 'alpha:/srv/in/disk.raw', to: 'ssh://beta/srv/out-%/disk.raw', fromHost: 'alpha', toHost: 'beta' },
  { pair: 'ssh to ssh, through here', from: 'alpha:/srv/in/disk.raw', to: 'gamma:/srv/out-%/disk.raw', fromHost: 'alpha', toHost: 'gamma' },
  { pair: 'file to rsync daemon', from: '/srv/in/disk.raw', to: 'rsync://alpha/images/out-%/disk.raw', fromHost: 'here', toHost: 'alpha' },
  { pair: 'rsync daemon to file', from: 'rsync://alpha/images/in/disk.raw', to: '/srv/out-%/disk.raw', fromHost: 'alpha', toHost: 'here' },
] as const;

describeLab('pairs of endpoints', { hosts, sideBySide: true }, (lab) => {
  const digests = new Map<string, string>();
  let claimsSparse: ReadonlySet<string> = new Set();

  beforeAll(async () => {
    for (const name of ['here', 'alpha']) {
      await mkdir(lab().host(name).outside('/srv/in'));
      digests.set(`${name} disk`, await writeSparseImage(lab().host(name).outside('/srv/in/disk.raw'), 40, dataAt));
      digests.set(`${name} dense`, await writeRandomImage(lab().host(name).outside('/srv/in/dense.raw'), denseMebibytes));
    }
    await startRsyncDaemon(lab().host('alpha'), 'images', '/srv');
    const { stdout } = await lab().imagectl(['drivers', '--json']);
    const { drivers } = JSON.parse(stdout) as { drivers: readonly { id: string; capabilities: { sparse?: boolean } }[] };
    claimsSparse = new Set(drivers.filter(({ capabilities }) => capabilities.sparse).map(({ id }) => id));
  });

  it('have drivers that claim to keep holes', () => {
    expect([...claimsSparse]).toEqual(expect.arrayContaining(['cp', 'rsync']));
  });

  let round = 0;
  const copyPair = async (
    pair: (typeof pairs)[number],
    image: 'disk' | 'dense',
    ...args: readonly string[]
  ): Promise<{ readonly result: ImagectlResult; readonly told: TaskResult }> => {
    const directory = `/srv/out-${(round += 1)}`;
    const [from, to] = [pair.from.replace('disk', image), pair.to.replace('out-%', `out-${round}`)];
    const place = { host: lab().host(pair.toHost), path: `${directory}/disk.raw` };
    await mkdir(place.host.outside(directory));
    const result = await lab().imagectl(['copy', from, to, '--json', ...args]);
    const digest = digests.get(`${pair.fromHost} ${image}`)!;
    await expectCopied(result, place, digest);
    expect(await sha256(lab().host(pair.fromHost).outside(`/srv/in/${image}.raw`))).toBe(digest);
    const told = resultOf(result);
    if (claimsSparse.has(told.driver))
      expect(await allocated(place.host.outside(place.path)), result.story).toBeLessThanOrEqual(dataBytes + mebibyte);
    return { result, told };
  };

  describe.concurrent('a copy', () => {
    for (const pair of pairs) {
      it(`copies every byte and keeps holes where the driver claims to: ${pair.pair}`, async () => {
        const { told, result } = await copyPair(pair, 'disk');
        expect(told.attempts, result.story).toHaveLength(1);
      });

      it(`keeps a limit: ${pair.pair}`, async () => {
        const { told, result } = await copyPair(pair, 'dense', '--limit', '4MiB/s');
        expect(told.seconds, result.story).toBeGreaterThan((denseMebibytes / 4) * 0.9);
      });
    }

    for (const pair of pairs.filter(({ from, to }) => `${from}${to}`.includes(':') && !`${from}${to}`.includes('rsync:'))) {
      it(`copies every byte by scp: ${pair.pair}`, async () => {
        const { told } = await copyPair(pair, 'disk', '--driver', 'scp');
        expect(told.driver).toBe('scp');
      });
    }
  });

  it('goes straight from one host to the other when the one can reach the other, and says so', async () => {
    const plan = await planOf(lab(), ['alpha:/srv/in/disk.raw', 'beta:/srv/direct.raw']);
    const [winner] = plan.candidates;
    expect(winner, JSON.stringify(plan)).toMatchObject({ driver: 'ssh', accepted: true, notes: ['straight from alpha to beta'] });
    const before = await trafficOf(lab().here);
    await copyPair(pairs[3], 'dense');
    const after = await trafficOf(lab().here);
    expect(after.received - before.received).toBeLessThan(mebibyte);
    expect(after.sent - before.sent).toBeLessThan(mebibyte);
  });

  it('goes through here when the one host cannot reach the other, says so, and puts nothing on the disk of here', async () => {
    const plan = await planOf(lab(), ['alpha:/srv/in/disk.raw', 'gamma:/srv/relayed.raw']);
    const [winner] = plan.candidates;
    expect(winner?.accepted && winner.notes.join(), JSON.stringify(plan)).toContain('relayed through this machine');
    const before = await trafficOf(lab().here);
    await copyPair(pairs[4], 'dense');
    const after = await trafficOf(lab().here);
    expect(after.received - before.received).toBeGreaterThan(denseMebibytes * mebibyte);
    expect(after.sent - before.sent).toBeGreaterThan(denseMebibytes * mebibyte);
  });
});
