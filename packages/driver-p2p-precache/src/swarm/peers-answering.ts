import { connect } from 'node:net';
import type { SwarmPeer } from '../engine/swarm-engine.ts';

/** An offer is to be made within a second. */
const patienceMs = 600;
/** Of more than that, those will do. */
const most = 16;

/** Which peers answer at the moment. Nothing is said to them. */
export async function peersAnswering(peers: readonly SwarmPeer[], signal: AbortSignal): Promise<readonly SwarmPeer[]> {
  const asked = peers.slice(0, most);
  const answers = await Promise.all(asked.map((peer) => isAnswering(peer, signal)));
  return asked.filter((_, index) => answers[index]);
}

function isAnswering({ host, port }: SwarmPeer, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (answer: boolean): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
      socket.destroy();
      resolve(answer);
    };
    const giveUp = (): void => end(false);
    const timer = setTimeout(giveUp, patienceMs);
    signal.addEventListener('abort', giveUp, { once: true });
    socket.on('error', giveUp);
    socket.once('connect', () => end(true));
  });
}
