import { mkdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, expect, it } from 'vitest';
import { describeLab } from '../src/describe-lab.ts';
import { expectCopied, expectExit } from '../src/expect-copied.ts';
import { watchGrowth } from '../src/growth.ts';
import type { Sample } from '../src/growth.ts';
import { writeRandomImage } from '../src/image-files.ts';
import type { RunningImagectl } from '../src/imagectl.ts';
import type { LabHost } from '../src/lab-host.ts';
import { shareOf } from '../src/rates.ts';
import { resultOf } from '../src/result-lines.ts';

const mebibyte = 1024 * 1024;
const budget = 60;

interface Copy {
  readonly running: RunningImagectl;
  readonly host: LabHost;
  readonly directory: string;
  readonly growth: Promise<readonly Sample[]>;
}

describeLab('one budget of 60 MiB/s for three processes', { hosts: { alpha: {} } }, (lab) => {
  let digest = '';
  beforeAll(async () => {
    digest = await writeRandomImage(lab().here.outside('/srv/disk.raw'), 480);
  });

  const start = async (driver: string, on: 'here' | 'alpha'): Promise<Copy> => {
    const [host, directory] = [lab().host(on), `/srv/${driver}`];
    await mkdir(host.outside(directory));
    const to = `${on === 'alpha' ? 'alpha:' : ''}${directory}/x.raw`;
    const words = ['--driver', driver, '--group', 'host', '--limit', `${budget}MiB/s`, '--json'];
    const running = lab().start(['copy', '/srv/disk.raw', to, ...words]);
    return { running, host, directory, growth: watchGrowth(host.outside(directory), running.done) };
  };

  it('is kept, shared alike by rsync, scp and a local copy, and what a killed one had goes to the others', async () => {
    const startedAt = performance.now();
    const seconds = (): number => (performance.now() - startedAt) / 1000;
    const [rsync, cp, scp] = await Promise.all([start('rsync', 'alpha'), start('cp', 'here'), start('scp', 'alpha')]);
    // Connections are made within this time, and shares found.
    await delay(4000);
    const shared = { from: seconds(), to: seconds() + 5 };
    await delay(5000);
    const killedAt = seconds();
    process.kill(await scp.running.pid(), 'SIGKILL');

    for (const { running, host, directory } of [rsync, cp]) {
      const result = await running.done;
      await expectCopied(result, { host, path: `${directory}/x.raw` }, digest);
      expect(`/srv/${resultOf(result).driver}`).toBe(directory);
      expect(result.stdout).toContain('2 copies share 60 MiB/s in the group host');
    }

    const [ofRsync, ofCp, ofScp] = await Promise.all([rsync.growth, cp.growth, scp.growth]);
    const shares = [ofRsync, ofCp, ofScp].map((samples) => rateBetween(samples, shared.from, shared.to));
    const span = { seconds: shared.to - shared.from, lostSeconds: grown('lostSeconds', ofCp, shared.from, shared.to) };
    const shareOfDue = (rate: number, due: number): number => shareOf({ ...span, amount: rate * span.seconds }, due);
    const told = `shares of ${shares.map((share) => share.toFixed(2)).join(', ')} MiB/s; ${span.lostSeconds} s lost`;
    expect(Math.abs(shareOfDue(sum(shares), budget) - 1), told).toBeLessThan(0.03);
    for (const share of shares) expect(Math.abs(shareOfDue(share, budget / 3) - 1), told).toBeLessThan(0.2);

    const inherited = [ofRsync, ofCp].map((samples) => {
      const at = firstAt(samples, killedAt, budget / 2);
      return at - killedAt - grown('lostSeconds', samples, killedAt, at);
    });
    expect(Math.max(...inherited), 'seconds until both of the others had what the killed one left').toBeLessThan(2);

    // Of the killed one its sockets are left, until somebody tidies up.
    expectExit(await lab().imagectl(['gc']), 0);
  });
});

/** The first moment from which on, for half a second, the rate is at least nine tenths of the one that is expected. */
function firstAt(samples: readonly Sample[], fromSeconds: number, expected: number): number {
  const found = samples.find(({ seconds }) => seconds > fromSeconds && rateBetween(samples, seconds, seconds + 0.5) > expected * 0.9);
  return found?.seconds ?? Infinity;
}

/** MiB/s. */
function rateBetween(samples: readonly Sample[], from: number, to: number): number {
  return grown('bytes', samples, from, to) / (to - from) / mebibyte;
}

function grown(what: 'bytes' | 'lostSeconds', samples: readonly Sample[], from: number, to: number): number {
  return valueAt(what, samples, to) - valueAt(what, samples, from);
}

/** Samples are taken some twenty times a second; between two of them it grows evenly. */
function valueAt(what: 'bytes' | 'lostSeconds', samples: readonly Sample[], at: number): number {
  const index = samples.findIndex(({ seconds }) => seconds > at);
  const [before, after] = [samples[index - 1], samples[index]];
  if (!before || !after) return (index === 0 ? after : samples.at(-1))?.[what] ?? 0;
  return before[what] + ((after[what] - before[what]) * (at - before.seconds)) / (after.seconds - before.seconds);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
