import type { Promised } from './fault-matrix.ts';

/** Who copies, and from where to where. */
export type FarWay =
  | 'rsync to a host'
  | 'rsync from a host'
  | 'rsync from host to host'
  | 'scp to a host'
  | 'scp from a host'
  | 'scp from host to host, through here'
  | 'ssh to a host'
  | 'ssh from a host'
  | 'ssh from host to host';

/** Tried by `--all` only: what is promised is tried in another way already. */
export const seldom = <One extends Promised>(promised: One): One & { readonly onlyAll: true } => ({ ...promised, onlyAll: true });

/** scp cannot go on from what it left; the next copy takes that away. */
export const abandons = (promised: Promised): Promised => ({ ...promised, again: ['begins anew'] });

type Ways<Way extends FarWay> = Readonly<Record<Way, Promised>>;

/** The destination is far. One promise for rsync and one for scp; the driver ssh goes on as rsync does. */
export const to = (rsync: Promised, scp: Promised, ssh = rsync): Ways<'rsync to a host' | 'scp to a host' | 'ssh to a host'> => ({
  'rsync to a host': rsync,
  'scp to a host': scp,
  'ssh to a host': ssh,
});

/** The source is far. */
export const from = (rsync: Promised, scp: Promised, ssh = rsync): Ways<'rsync from a host' | 'scp from a host' | 'ssh from a host'> => ({
  'rsync from a host': rsync,
  'scp from a host': scp,
  'ssh from a host': ssh,
});

/** Both are. */
const between = (
  rsync: Promised,
  scp: Promised,
  ssh = rsync,
): Ways<'rsync from host to host' | 'scp from host to host, through here' | 'ssh from host to host'> => ({
  'rsync from host to host': rsync,
  'scp from host to host, through here': scp,
  'ssh from host to host': ssh,
});

/** Every way there is. */
export const everyWay = (rsync: Promised, scp: Promised): Ways<FarWay> => ({
  ...to(rsync, scp),
  ...from(rsync, scp),
  ...between(rsync, scp),
});

/** The same, of which few are tried between two hosts. */
export const mostWays = (rsync: Promised, scp: Promised): Ways<FarWay> => ({
  ...everyWay(rsync, scp),
  ...between(seldom(rsync), seldom(scp)),
});
