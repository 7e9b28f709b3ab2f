import type { FarWay } from '../far-promises.ts';

/** `far` is the host that a fault hits. It has a key for `beta`, which lets it in; `gamma` lets in nobody but us. */
export type Role = 'here' | 'far' | 'beta' | 'gamma';

export interface FarWayEnds {
  readonly driver: 'rsync' | 'scp' | 'ssh';
  readonly from: Role;
  readonly to: Role;
}

export const farWays: Readonly<Record<FarWay, FarWayEnds>> = {
  'rsync to a host': { driver: 'rsync', from: 'here', to: 'far' },
  'rsync from a host': { driver: 'rsync', from: 'far', to: 'here' },
  'rsync from host to host': { driver: 'rsync', from: 'far', to: 'beta' },
  'scp to a host': { driver: 'scp', from: 'here', to: 'far' },
  'scp from a host': { driver: 'scp', from: 'far', to: 'here' },
  'scp from host to host, through here': { driver: 'scp', from: 'far', to: 'gamma' },
  'ssh to a host': { driver: 'ssh', from: 'here', to: 'far' },
  'ssh from a host': { driver: 'ssh', from: 'far', to: 'here' },
  'ssh from host to host': { driver: 'ssh', from: 'far', to: 'beta' },
};
