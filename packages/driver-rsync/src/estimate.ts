/** What an estimate is made of; all sizes in bytes. */
export interface Workload {
  readonly size: number;
  readonly allocated: number;
  /** Bytes the destination holds already and is compared with. */
  readonly held: number;
  readonly overNetwork: boolean;
  readonly packed: boolean;
  /** It gives way to whatever else the machine does. */
  readonly idle: boolean;
  readonly limit?: number;
}

/**
 * Bytes per second, measured on two cores: a pipe between two local rsyncs, the same giving way to neighbours that are at work, ssh of one
 * core, and runs of zeros through zstd.
 */
const rates = { local: 400e6, localIdle: 180e6, ssh: 120e6, zeros: 1.2e9, compare: 350e6 } as const;
/** Until the first byte: starting two rsyncs, and a session on a connection that stands. */
const start = { local: 0.1, network: 0.4 } as const;

/** An honest guess of the seconds a copy takes. rsync reads holes and sends them as zeros: they cost time wherever they are not packed. */
export function estimateSeconds({ size, allocated, held, overNetwork, packed, idle, limit }: Workload): number {
  const left = Math.max(0, size - held);
  const dense = size === 0 ? 0 : left * Math.min(1, allocated / size);
  const charged = packed ? dense : left;
  const moving = charged / rateOf({ overNetwork, idle }) + (left - charged) / rates.zeros;
  const limited = limit === undefined ? 0 : charged / limit;
  return (overNetwork ? start.network : start.local) + Math.max(moving, limited) + Math.min(held, size) / rates.compare;
}

function rateOf({ overNetwork, idle }: Pick<Workload, 'overNetwork' | 'idle'>): number {
  if (overNetwork) return rates.ssh;
  return idle ? rates.localIdle : rates.local;
}
