import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A network of its own with nothing but a loopback as slow as a link between two machines. */
export interface SlowLink {
  /** The argument list that runs a command in it. */
  enter(command: readonly [string, ...string[]]): readonly [string, ...string[]];
  close(): Promise<void>;
}

const script = `set -eu
ip link set lo mtu 1500 up
tc qdisc add dev lo root tbf rate "$1" burst 256k latency 50ms
echo up
exec sleep infinity`;

/**
 * Make one. Needs root; dies with this process.
 *
 * @param rate as `tc` writes it: `100mbit`
 */
export async function openSlowLink(rate: string): Promise<SlowLink> {
  const words = ['--pdeathsig', 'KILL', '--', 'unshare', '--net', '--', 'sh', '-c', script, 'sh', rate];
  const holder = spawn('setpriv', words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = once(holder, 'exit');
  const up = once(createInterface({ input: holder.stdout }), 'line');
  await Promise.race([up, gone.then(() => Promise.reject(new Error(`no network of ${rate} could be made`)))]);
  return {
    enter: ([program, ...args]) => ['nsenter', `--target=${holder.pid}`, '--net', '--', program, ...args],
    close: async () => {
      holder.kill('SIGKILL');
      await gone;
    },
  };
}
