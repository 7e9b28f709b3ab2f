import type { FaultRow, Promised } from './fault-matrix.ts';

/** It failed, and it is as if it had never been started. */
const failsClean = (...ends: Promised['ends']): Promised => ({
  ends,
  name: ['nothing'],
  beside: ['nothing'],
  again: ['begins anew'],
});

const killed: Promised = { ends: ['KILLED'], name: ['nothing'], beside: ['a staging file'], again: ['goes on'] };

/** What can go wrong on one machine, and what is promised then. */
export const localFaults = {
  killed: {
    fault: 'imagectl is killed with -9 in the middle',
    injected: '`kill -9` once a mebibyte has arrived',
    ways: { cp: { ...killed, again: ['begins anew'] }, rsync: killed },
  },
  noSpace: {
    fault: 'the disk fills up half way',
    injected: 'a second writer takes the rest of a small ext4 once the copy has been planned and its first mebibyte has arrived',
    ways: { cp: failsClean('NO_SPACE'), rsync: failsClean('NO_SPACE') },
  },
  appears: {
    fault: 'somebody else takes the name meanwhile',
    injected: 'a file of that name is made once a mebibyte has arrived',
    ways: {
      cp: { ...failsClean('DESTINATION_EXISTS'), name: ['what was put there'] },
      rsync: { ...failsClean('DESTINATION_EXISTS'), name: ['what was put there'] },
    },
  },
} as const satisfies Readonly<Record<string, FaultRow>>;
