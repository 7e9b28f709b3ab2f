import type { Promised } from './fault-matrix.ts';

/** It failed, and it is as if it had never been started. */
export const failsClean = (...ends: Promised['ends']): Promised => ({
  ends,
  name: ['nothing'],
  beside: ['nothing'],
  again: ['begins anew'],
});

/** It failed, and what arrived is there to be gone on from. */
export const failsKeeping = (...ends: Promised['ends']): Promised => ({
  ends,
  name: ['nothing'],
  beside: ['a staging file'],
  again: ['goes on'],
});

export const killed: Promised = { ends: ['KILLED'], name: ['nothing'], beside: ['a staging file'], again: ['goes on'] };
export const unhurt: Promised = { ends: ['DONE'], name: ['the new image'], beside: ['nothing'], again: [], over: ['in the same try'] };
export const goesOn: Promised = { ...unhurt, over: ['another try goes on'] };
export const beginsAnew: Promised = { ...unhurt, over: ['another try begins anew'] };

/** Both ways of copying here promise the same. */
export const both = (promised: Promised): { readonly cp: Promised; readonly rsync: Promised } => ({ cp: promised, rsync: promised });
