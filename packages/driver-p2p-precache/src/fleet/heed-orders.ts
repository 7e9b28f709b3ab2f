import type { SwarmEngine } from '../engine/swarm-engine.ts';
import type { HostOrders } from './host-orders.ts';

/** Have an engine that was just given the image heed what was asked of all meanwhile. */
export async function heedOrders(
  engine: SwarmEngine,
  { content, limits, isPaused }: Pick<HostOrders, 'content' | 'limits' | 'isPaused'>,
): Promise<void> {
  await engine.setLimits('all', limits());
  if (isPaused()) await engine.pause(content.manifest.infohash);
}
