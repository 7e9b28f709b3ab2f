import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { describeLab } from '../src/describe-lab.ts';
import { expectExit } from '../src/expect-copied.ts';
import { cameTo, engineOn, entryOn, expectUnfinished, expectWhole, mebibyte, portsOn, startFleet, toldOfFleet } from '../src/fleet.ts';
import { cacheImage, emptyCaches, mountCaches, untilWhole } from '../src/fleet.ts';
import type { LabHost } from '../src/lab-host.ts';
import { fillDisk, kill, mute, reboot, slowDown, startHostile, takeEngineFrom } from '../src/fleet-faults.ts';
import type { Call, Undo } from '../src/fleet-faults.ts';
import { processesOf } from '../src/processes.ts';

const three = ['alpha', 'beta', 'gamma'];
const all = process.env['CHECK_ALL'] !== undefined;

describeLab(
  'an image on its way to hosts',
  { hosts: { alpha: {}, beta: {}, gamma: {}, foreign: {} }, rate: '400mbit', tools: ['qbittorrent-nox', 'nft'] },
  (lab) => {
    beforeAll(() => mountCaches(lab()));
    beforeEach(() => emptyCaches(lab()));
    const undo: Undo[] = [];
    afterEach(async () => {
      for (const one of undo.splice(0)) await one();
    });

    it('reaches all of them when its origin dies for good as soon as one has it', async () => {
      const digest = await cacheImage(lab(), 16);
      const [alpha, beta, gamma] = three.map((name) => lab().host(name)) as [LabHost, LabHost, LabHost];
      undo.push(await slowDown([beta, gamma], 2));
      await using running = startFleet(lab(), digest, three);
      await untilWhole(alpha, digest);
      undo.push(await takeEngineFrom(lab().here));
      const result = await running.done;
      expectExit(result, 0);
      for (const host of [alpha, beta, gamma]) await expectWhole(host, digest, result.story);
      const { originSent, of } = toldOfFleet(result);
      expect(originSent, result.story).toBeLessThan(3 * 16 * mebibyte);
      expect(of['beta']?.fromPeers, result.story).toBeGreaterThan(mebibyte);
    });

    it('that is lost with its origin before all of it went out: the error says what is missing, and why', async () => {
      const digest = await cacheImage(lab(), 32);
      await using running = startFleet(lab(), digest, ['alpha', 'beta'], ['--limit', '4MiB/s', '--patience', '5s']);
      await running.until('alpha', 4);
      undo.push(await takeEngineFrom(lab().here));
      const result = await running.done;
      expectExit(result, 10);
      for (const { error, host } of toldOfFleet(result).hosts) {
        expect(error, result.story).toMatchObject({
          code: 'STALLED',
          message: expect.stringMatching(
            /no host has \d+ of its 128 pieces \(\d.*this machine does not hand them out any more.*: start it again/,
          ),
        });
        await expectUnfinished(lab().host(host), digest, result.story);
      }
    });

    it('comes to a host that is started anew meanwhile, from where it was', async () => {
      const digest = await cacheImage(lab(), 24);
      await using running = startFleet(lab(), digest, three, ['--limit', '8MiB/s']);
      await running.until('beta', 10);
      await reboot(lab().host('beta'));
      await expectUnfinished(lab().host('beta'), digest, 'as it comes up');
      const result = await running.done;
      expectExit(result, 0);
      for (const name of three) await expectWhole(lab().host(name), digest, result.story);
      const { beta } = toldOfFleet(result).of;
      expect(beta && cameTo(beta), result.story).toBeLessThan(28 * mebibyte);
    });

    it('comes to a host whose connection was lost, and not to one that is full meanwhile', async () => {
      const digest = await cacheImage(lab(), 24);
      const gamma = lab().host('gamma');
      await using running = startFleet(lab(), digest, three, ['--limit', '4MiB/s']);
      await running.until('beta', 8);
      undo.push(await fillDisk(gamma));
      for (const { pid, args } of await processesOf(lab().host('beta'))) if (args[0]?.startsWith('sshd: ')) kill({ pid });
      const result = await running.done;
      expectExit(result, 6);
      await expectUnfinished(gamma, digest, result.story);
      for (const name of ['alpha', 'beta']) await expectWhole(lab().host(name), digest, result.story);
      const { beta, gamma: full } = toldOfFleet(result).of;
      expect(full?.error, result.story).toMatchObject({ code: 'NO_SPACE', message: expect.stringMatching(/gamma .*free some/) });
      expect(beta && cameTo(beta), result.story).toBeLessThan(28 * mebibyte);
    });

    it('that is interrupted leaves what came, and says so once', async () => {
      const digest = await cacheImage(lab(), 16);
      await using running = startFleet(lab(), digest, three, ['--limit', '4MiB/s']);
      await running.until('alpha', 1);
      await running.signal('SIGINT');
      const result = await running.done;
      expectExit(result, 130);
      expect(result.stderr.match(/cleaning up/g), result.story).toEqual(['cleaning up']);
      for (const name of three) await expectUnfinished(lab().host(name), digest, result.story);
    });

    it.runIf(all)('comes to a host that cannot be reached for 20 seconds, and to the others meanwhile', async () => {
      const digest = await cacheImage(lab(), 32);
      await using running = startFleet(lab(), digest, three, ['--limit', '4MiB/s']);
      const beta = lab().host('beta');
      await running.until('beta', 8);
      await beta.run(['ip', 'link', 'set', 'eth0', 'down']);
      await sleep(20_000);
      await beta.run(['ip', 'link', 'set', 'eth0', 'up']);
      const result = await running.done;
      expectExit(result, 0);
      for (const name of three) await expectWhole(lab().host(name), digest, result.story);
    });

    it.runIf(all)('lapses when the machine that sends it is gone from one moment to the next, and goes on when it is back', async () => {
      const digest = await cacheImage(lab(), 24);
      await using running = startFleet(lab(), digest, three, ['--limit', '4MiB/s']);
      await running.until('alpha', 6);
      await lab().here.run(['ip', 'link', 'set', 'eth0', 'down']);
      await running.signal('SIGKILL');
      const engines = (): Promise<readonly number[]> =>
        Promise.all(
          three.map(async (name) => (await processesOf(lab().host(name))).filter(({ args }) => args[0] === 'qbittorrent-nox').length),
        );
      await expect.poll(engines, { timeout: 70_000, interval: 500 }).toEqual([0, 0, 0]);
      await lab().here.run(['ip', 'link', 'set', 'eth0', 'up']);
      for (const name of three) await expectUnfinished(lab().host(name), digest, 'after its lease');
      await using again = startFleet(lab(), digest, three);
      const result = await again.done;
      expectExit(result, 0);
      for (const name of three) await expectWhole(lab().host(name), digest, result.story);
      expect(toldOfFleet(result).of['alpha']?.resumed, result.story).toBeGreaterThan(5 * mebibyte);
    });

    it('goes on when engines hang, of a host and of the origin', async () => {
      const digest = await cacheImage(lab(), 24);
      await using running = startFleet(lab(), digest, three, ['--limit', '6MiB/s', '--patience', '10s']);
      await running.until('beta', 8);
      for (const host of [lab().host('beta'), lab().here]) process.kill(await engineOn(host), 'SIGSTOP');
      const result = await running.done;
      expectExit(result, 0);
      for (const name of three) await expectWhole(lab().host(name), digest, result.story);
    });

    it('reaches the others when a host sends garbage, and nobody else gets anything', async () => {
      const digest = await cacheImage(lab(), 32);
      const [alpha, beta, gamma, foreign] = [...three, 'foreign'].map((name) => lab().host(name)) as [LabHost, LabHost, LabHost, LabHost];
      // Its engine is not heard of: the hostile client is all there is of it.
      undo.push(await mute(gamma));
      // So slowly, and with so much patience, that the hostile client is there long before the others have all, and is one of them until then.
      await using running = startFleet(lab(), digest, three, ['--limit', '2MiB/s', '--patience', '15s']);
      for (const name of ['alpha', 'beta']) await running.until(name, 1);
      const { infohash } = JSON.parse(await readFile(`${entryOn(lab().here, digest)}/manifest.json`, 'utf8')) as { infohash: string };
      const honest = await Promise.all([alpha, beta].map(async (host) => `${host.address}:${(await portsOn(host, digest)).peers}`));
      await using garbage = startHostile(gamma, [infohash, '128', ...honest]);
      await using refused = startHostile(foreign, [infohash, '128', ...honest]);
      const { api } = await portsOn(alpha, digest);
      expect(await answerOf(foreign, `http://${alpha.address}:${api}/api/v2/app/version`)).toBe('ECONNREFUSED');
      expect(await answerOf(alpha, `http://127.0.0.1:${api}/api/v2/app/version`)).toBe('403');
      const result = await running.done;
      for (const host of [alpha, beta]) await expectWhole(host, digest, result.story);
      await expectUnfinished(gamma, digest, result.story);
      const told = toldOfFleet(result).of;
      const wasted = ['alpha', 'beta'].map((name) => told[name]?.wasted ?? 0);
      expect(wasted[0]! + wasted[1]!, result.story).toBeGreaterThan(0);
      // The garbage, and what came twice towards the end: a part of an image that a host of three fetched at once.
      expect(Math.max(...wasted), result.story).toBeLessThan(8 * mebibyte);
      expect(told['alpha']?.banned.concat(told['beta']?.banned ?? []), result.story).toContain(gamma.address);
      expect(sumOf(garbage.calls, 'sent')).toBeGreaterThan(0);
      expect(refused.calls.length).toBeGreaterThan(2);
      expect(refused.calls.filter(({ answered }) => answered)).toEqual([]);
    });
  },
);

function sumOf(calls: readonly Call[], field: 'got' | 'sent'): number {
  return calls.reduce((sum, call) => sum + call[field], 0);
}

/** What somebody on a host who is not root is answered: a status, or an error. */
async function answerOf(host: LabHost, address: string): Promise<unknown> {
  const ask = `fetch(${JSON.stringify(address)}).then(({ status }) => status, ({ cause }) => cause.code).then(console.log)`;
  return (await host.run(['setpriv', '--reuid=65534', '--clear-groups', process.execPath, '-e', ask])).stdout;
}
