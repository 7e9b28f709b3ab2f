import { abandons, everyWay, from, mostWays, seldom, to } from './far-promises.ts';
import type { FaultRow } from './fault-matrix.ts';
import { beginsAnew, failsClean, failsKeeping, goesOn, killed, unhurt } from './fault-promises.ts';

/** What can go wrong between machines, and what is promised then. */
export const farFaults = {
  killed: {
    fault: 'imagectl is killed with -9 in the middle',
    injected: '`kill -9` once a quarter has arrived; ten seconds later no host may have a process of it',
    ways: everyWay(killed, abandons(killed)),
  },
  toolKilled: {
    fault: 'the tool is killed',
    injected: '`kill -9` of the rsync, scp or shell that was started, once a quarter has arrived',
    ways: mostWays(goesOn, beginsAnew),
  },
  farToolKilled: {
    fault: 'the half of the tool on the far side is killed',
    injected: '`kill -9` of `rsync --server`, of the process that speaks SFTP, or of perl, once a quarter has arrived',
    ways: mostWays(goesOn, beginsAnew),
  },
  sessionKilled: {
    fault: 'the far end of the connection is killed',
    injected: '`kill -9` of the sshd process that holds the session, once a quarter has arrived',
    ways: mostWays(goesOn, beginsAnew),
  },
  cut: {
    fault: 'the network is gone for five seconds',
    injected: 'every packet to and from the far host is dropped for five seconds',
    ways: everyWay(unhurt, unhurt),
  },
  gone: {
    fault: 'the network is gone for good',
    injected:
      'every packet to and from the far host is dropped until the copy has ended, which takes it less than 90 s; one try is allowed',
    ways: {
      ...everyWay(failsKeeping('UNREACHABLE'), failsClean('UNREACHABLE')),
      'scp to a host': abandons(failsKeeping('UNREACHABLE')),
    },
  },
  split: {
    fault: 'two hosts lose each other for good, but not us',
    injected: 'every packet between the two is dropped until the copy has ended',
    ways: { 'rsync from host to host': failsKeeping('UNREACHABLE'), 'ssh from host to host': failsKeeping('UNREACHABLE') },
  },
  reset: {
    fault: 'the far host drops every connection, and refuses new ones for a while',
    injected: 'new packets are answered with a reset, then `ss --kill` ends all connections; half a second later all is well again',
    ways: mostWays(goesOn, beginsAnew),
  },
  loss: {
    fault: 'the network loses three packets of ten',
    injected: 'a random 30 % of what reaches the far host is dropped, over the last third of the copy',
    ways: { ...to(unhurt, unhurt), ...from(seldom(unhurt), seldom(unhurt)) },
  },
  trickle: {
    fault: 'the network is slow',
    injected: 'the far host sends no more than 1 Mbit/s for five seconds, while a copy without progress is ended after four',
    ways: from(unhurt, unhurt),
  },
  hung: {
    fault: 'the half of the tool on the far side hangs',
    injected: '`kill -STOP` of it until the copy has ended, while a copy without progress is ended after two seconds',
    ways: mostWays(goesOn, beginsAnew),
  },
  hungForGood: {
    fault: 'the half of the tool on the far side hangs, and so does every other',
    injected: 'the same, where only one try is allowed',
    ways: {
      'rsync to a host': failsKeeping('STALLED'),
      'scp from a host': failsClean('STALLED'),
      'ssh to a host': failsKeeping('STALLED'),
    },
  },
  hungSession: {
    fault: 'the far end of the connection hangs',
    injected: '`kill -STOP` of the sshd process that holds the session, until the copy has ended',
    ways: { 'rsync to a host': goesOn, 'scp from a host': beginsAnew, 'ssh from a host': goesOn },
  },
} as const satisfies Readonly<Record<string, FaultRow>>;
