import type { FaultRow, Promised } from './fault-matrix.ts';

/** It failed, and it is as if it had never been started. */
const failsClean = (...ends: Promised['ends']): Promised => ({ ends, name: ['nothing'], beside: ['nothing'], again: ['begins anew'] });

/** The fault is got over. */
const done = (...over: NonNullable<Promised['over']>): Promised => ({
  ends: ['DONE'],
  name: ['the new image'],
  beside: ['nothing'],
  again: [],
  over,
});

/** What had arrived stays, for rsync to go on from. scp cannot, so what it left is taken away by the next copy. */
const leaves = (end: Promised['ends'][number], again: Promised['again'][number]): Promised => ({
  ends: [end],
  name: ['nothing'],
  beside: ['a staging file'],
  again: [again],
});

const survived = done('in the same try');
const goesOn = done('another try goes on');
const beginsAnew = done('another try begins anew');

/** One promise for what rsync does, in either direction and from host to host, and one for scp. */
const each = <Rsync, Scp>(rsync: Rsync, scp: Scp): Record<RsyncWay, Rsync> & Record<ScpWay, Scp> => ({
  ...toAndFrom(rsync, scp),
  'rsync from host to host': rsync,
  'scp from host to host, through here': scp,
});

/** The same without what goes between two hosts. */
const toAndFrom = <Rsync, Scp>(rsync: Rsync, scp: Scp): Record<RsyncToAndFrom, Rsync> & Record<ScpToAndFrom, Scp> => ({
  'rsync to a host': rsync,
  'rsync from a host': rsync,
  'scp to a host': scp,
  'scp from a host': scp,
});

type RsyncToAndFrom = 'rsync to a host' | 'rsync from a host';
type ScpToAndFrom = 'scp to a host' | 'scp from a host';
type RsyncWay = RsyncToAndFrom | 'rsync from host to host';
type ScpWay = ScpToAndFrom | 'scp from host to host, through here';

/** Who copies, and from where to where. */
export type FarWay = RsyncWay | ScpWay;

/** What can go wrong between machines, and what is promised then. */
export const farFaults = {
  killed: {
    fault: 'imagectl is killed with -9 in the middle',
    injected: '`kill -9` once a quarter has arrived; ten seconds later no host may have a process of it',
    ways: each(leaves('KILLED', 'goes on'), leaves('KILLED', 'begins anew')),
  },
  toolKilled: {
    fault: 'the tool is killed',
    injected: '`kill -9` of the rsync or scp that was started, once a quarter has arrived',
    ways: each(goesOn, beginsAnew),
  },
  farToolKilled: {
    fault: 'the half of the tool on the far side is killed',
    injected: '`kill -9` of `rsync --server`, or of the process that speaks SFTP, once a quarter has arrived',
    ways: each(goesOn, beginsAnew),
  },
  sessionKilled: {
    fault: 'the far end of the connection is killed',
    injected: '`kill -9` of the sshd process that holds the session, once a quarter has arrived',
    ways: each(goesOn, beginsAnew),
  },
  cut: {
    fault: 'the network is gone for five seconds',
    injected: 'every packet to and from the far host is dropped for five seconds',
    ways: each(survived, survived),
  },
  gone: {
    fault: 'the network is gone for good',
    injected:
      'every packet to and from the far host is dropped until the copy has ended, which takes it less than 90 s; one try is allowed',
    ways: {
      ...each(leaves('UNREACHABLE', 'goes on'), failsClean('UNREACHABLE')),
      'scp to a host': leaves('UNREACHABLE', 'begins anew'),
    },
  },
  split: {
    fault: 'two hosts lose each other for good, but not us',
    injected: 'every packet between the two is dropped until the copy has ended',
    ways: { 'rsync from host to host': leaves('UNREACHABLE', 'goes on') },
  },
  reset: {
    fault: 'the far host drops every connection, and refuses new ones for a while',
    injected: 'new packets are answered with a reset, then `ss --kill` ends all connections; half a second later all is well again',
    ways: each(goesOn, beginsAnew),
  },
  loss: {
    fault: 'the network loses three packets of ten',
    injected: 'a random 30 % of what reaches the far host is dropped, over the last third of the copy',
    ways: toAndFrom(survived, survived),
  },
  trickle: {
    fault: 'the network is slow',
    injected: 'the far host sends no more than 1 Mbit/s for five seconds, while a copy without progress is ended after four',
    ways: toAndFrom(survived, survived),
  },
  hung: {
    fault: 'the half of the tool on the far side hangs',
    injected: '`kill -STOP` of it until the copy has ended, while a copy without progress is ended after two seconds',
    ways: each(goesOn, beginsAnew),
  },
  hungForGood: {
    fault: 'the half of the tool on the far side hangs, and so does every other',
    injected: 'the same, where only one try is allowed',
    ways: { 'rsync to a host': leaves('STALLED', 'goes on'), 'scp from a host': failsClean('STALLED') },
  },
  hungSession: {
    fault: 'the far end of the connection hangs',
    injected: '`kill -STOP` of the sshd process that holds the session, until the copy has ended',
    ways: { 'rsync to a host': goesOn, 'scp from a host': beginsAnew },
  },
} as const satisfies Readonly<Record<string, FaultRow>>;
