import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { SwarmMembers, originNumber } from './swarm-members.ts';

const infohash = 'ab';
let members = new SwarmMembers({ infohash, count: 3, seed: 1, isOpen: false });
afterEach(() => members.close());

/** What an engine was told, in order. */
function engineAt(host: string, said: string[], admit: () => Promise<void> = async () => undefined) {
  return {
    listening: { host, port: 1 },
    admit: (addresses: readonly string[] | undefined) => (said.push(`admit ${addresses?.join(' ') ?? 'anybody'}`), admit()),
    addPeers: async (_: string, peers: readonly { host: string }[]) => void said.push(`peers ${peers.map(({ host }) => host).join(' ')}`),
  };
}

it('has everybody let the others in before it hears of them', async () => {
  members = new SwarmMembers({ infohash, count: 3, seed: 1, isOpen: false });
  const said: string[] = [];
  members.announce(originNumber, '10.0.0.1');
  const origin = engineAt('10.0.0.1', said);
  await members.guard(origin);
  members.join(originNumber, origin);
  members.announce(1, '10.0.0.2');
  members.join(1, engineAt('10.0.0.2', []));
  await sleep(300);
  expect(said).toEqual(['admit 10.0.0.1', 'admit 10.0.0.1 10.0.0.2', 'peers 10.0.0.2']);
  members.lose(1);
  await sleep(300);
  expect(said.slice(3)).toEqual(['admit 10.0.0.1', 'peers ']);
  await members.open();
  expect(said.at(-1)).toBe('admit anybody');
});

it('does not wait for one that hangs', async () => {
  members = new SwarmMembers({ infohash, count: 3, seed: 1, isOpen: false });
  const said: string[] = [];
  members.announce(1, '10.0.0.2');
  members.announce(2, '10.0.0.3');
  members.join(
    1,
    engineAt('10.0.0.2', [], () => new Promise(() => undefined)),
  );
  members.join(2, engineAt('10.0.0.3', said));
  await expect.poll(() => said, { timeout: 10_000 }).toContain('peers 10.0.0.2');
});

it('tells why there is no origin any more', () => {
  members = new SwarmMembers({ infohash, count: 3, seed: 1, isOpen: true });
  members.lose(originNumber, 'it ended');
  expect(members.lack(4)).toEqual({ missing: [[0, 4]], total: 4, hasOrigin: false, originFailure: 'it ended' });
});
