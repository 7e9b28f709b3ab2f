import type { LabHost } from '../lab-host.ts';

/** Takes a fault away again. */
export type Mend = () => Promise<void>;

/** Every packet of a host is lost, without a word to anybody; with a peer, only those to and from that one. */
export async function cutNetwork(host: LabHost, peer?: LabHost): Promise<Mend> {
  return addRules(host, {
    input: `${peer ? `ip saddr ${peer.address} ` : ''}iifname eth0 drop`,
    output: `${peer ? `ip daddr ${peer.address} ` : ''}oifname eth0 drop`,
  });
}

/** Of the packets a host is sent, this many of a hundred are lost. */
export async function losePackets(host: LabHost, percent: number): Promise<Mend> {
  return addRules(host, { input: `iifname eth0 numgen random mod 100 < ${percent} drop` });
}

/** Whoever sends a host a packet is told that there is no such connection. */
export async function rejectPackets(host: LabHost): Promise<Mend> {
  return addRules(host, { input: 'iifname eth0 meta l4proto tcp reject with tcp reset' });
}

/** End every connection of a host with a reset, at both its ends. New ones may come. */
export async function resetConnections(host: LabHost): Promise<void> {
  await host.run(['ss', '--kill', '--tcp', '--no-header', 'state', 'established']);
}

/** What a host sends leaves it this slowly, as `tc` writes it: `1mbit`. */
export async function slowDown(host: LabHost, rate: string): Promise<Mend> {
  await host.run(['tc', 'qdisc', 'add', 'dev', 'eth0', 'root', 'tbf', 'rate', rate, 'burst', '16k', 'latency', '1s']);
  return async () => void (await host.run(['tc', 'qdisc', 'del', 'dev', 'eth0', 'root']));
}

async function addRules(host: LabHost, rules: { readonly input?: string; readonly output?: string }): Promise<Mend> {
  const chains = Object.entries(rules).flatMap(([hook, rule]) => [
    `add chain inet fault ${hook} { type filter hook ${hook} priority 0; }`,
    `add rule inet fault ${hook} ${rule}`,
  ]);
  await host.run(['nft', ['add table inet fault', ...chains].join('; ')]);
  return async () => void (await host.run(['nft', 'delete', 'table', 'inet', 'fault']));
}
