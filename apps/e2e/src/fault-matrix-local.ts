import type { FaultRow, Promised } from './fault-matrix.ts';
import { both, failsClean, failsKeeping, goesOn, killed, unhurt } from './fault-promises.ts';

/** imagectl, or the tool it runs, ends before its time. */
const deaths = {
  killed: {
    fault: 'imagectl is killed with -9 in the middle',
    injected: '`kill -9` once a mebibyte has arrived',
    ways: both(killed),
  },
  killedOver: {
    fault: 'imagectl is killed with -9 in the middle of replacing an image',
    injected: '`kill -9` once a mebibyte has arrived, with `--overwrite replace`',
    ways: both({ ...killed, name: ['the old image'] }),
  },
  terminated: {
    fault: 'imagectl is told to end',
    injected: '`SIGTERM` once a mebibyte has arrived',
    ways: both(failsClean('CANCELLED')),
  },
  stopped: {
    fault: 'imagectl is stopped for a while',
    injected:
      '`SIGSTOP` once a mebibyte has arrived, and `SIGCONT` two seconds later, while a copy without progress is ended after one and a half',
    ways: both({ ...unhurt, over: ['in the same try', 'another try goes on'] }),
  },
  torn: {
    fault: 'what had arrived is damaged before the same copy is started again',
    injected:
      '`kill -9` once four mebibytes have arrived; then a part of the staging file is overwritten with noise, a part with zeros, and noise is put behind its end',
    ways: both(killed),
  },
  toolKilled: {
    fault: 'the tool is killed with -9',
    injected: '`kill -9` of every process of rsync once a mebibyte has arrived',
    ways: { rsync: goesOn },
  },
  toolCrashes: {
    fault: 'the tool crashes',
    injected: '`SIGSEGV` to every process of it once a mebibyte has arrived',
    ways: { rsync: goesOn },
  },
  toolHangs: {
    fault: 'the tool hangs',
    injected: '`SIGSTOP` to every process of it once a mebibyte has arrived, with `stallMs` of a second or two',
    ways: { rsync: goesOn },
  },
  toolHangsCancelled: {
    fault: 'the tool hangs, and imagectl is told to end',
    injected: '`SIGSTOP` to every process of it once a mebibyte has arrived, then `SIGTERM` to imagectl',
    ways: { rsync: failsClean('CANCELLED') },
  },
} as const satisfies Readonly<Record<string, FaultRow>>;

/** The source is not what it was when the copy began. */
const sources = {
  sourceChanges: {
    fault: 'the source is written to',
    injected: 'a mebibyte of it is overwritten once a mebibyte has arrived',
    ways: both(failsClean('SOURCE_CHANGED')),
  },
  sourceGrows: {
    fault: 'the source grows',
    injected: 'a mebibyte is added to it once a mebibyte has arrived',
    ways: both(failsClean('SOURCE_CHANGED')),
  },
  sourceShrinks: {
    fault: 'the source shrinks',
    injected: 'it is cut to half its size once a mebibyte has arrived',
    ways: both(failsClean('SOURCE_CHANGED')),
  },
  sourceGone: {
    fault: 'the source is deleted',
    injected: '`rm` of it once a mebibyte has arrived',
    ways: both(failsClean('SOURCE_CHANGED')),
  },
  sourceReplaced: {
    fault: 'another image takes the name of the source',
    injected: '`mv` of another image onto it once a mebibyte has arrived',
    ways: both(failsClean('SOURCE_CHANGED')),
  },
} as const satisfies Readonly<Record<string, FaultRow>>;

const there: Promised = { ...failsClean(), name: ['what was put there'] };

/** Something else has the name of the destination, or takes it. */
const names = {
  exists: {
    fault: 'somebody else has the name',
    injected: 'a file is there from the start',
    ways: both({ ...there, ends: ['DESTINATION_EXISTS'] }),
  },
  appears: {
    fault: 'somebody else takes the name meanwhile',
    injected: 'a file of that name is made once a mebibyte has arrived',
    ways: both({ ...there, ends: ['DESTINATION_EXISTS'] }),
  },
  link: {
    fault: 'the destination is a symbolic link',
    injected: '`ln -s` to another file, with `--overwrite replace`; the file it leads to is left alone',
    ways: both({ ...there, ends: ['DESTINATION_KIND'] }),
  },
  danglingLink: {
    fault: 'the destination is a symbolic link to nothing',
    injected: '`ln -s`, with `--overwrite replace`',
    ways: both({ ...there, ends: ['DESTINATION_KIND'] }),
  },
  directory: {
    fault: 'the destination is a directory',
    injected: '`mkdir`, with `--overwrite replace`',
    ways: both({ ...there, ends: ['DESTINATION_KIND'] }),
  },
  fifo: {
    fault: 'the destination is a FIFO',
    injected: '`mkfifo`, with `--overwrite replace`',
    ways: both({ ...there, ends: ['DESTINATION_KIND'] }),
  },
  directorySwapped: {
    fault: 'the directory of the destination is swapped for a link to another',
    injected: '`mv` and `ln -s` once a mebibyte has arrived; the other directory stays empty',
    ways: both({ ...failsClean('WRITE_FAILED', 'DESTINATION_UNWRITABLE', 'RETRIES_EXHAUSTED'), again: ['begins anew', 'goes on'] }),
  },
} as const satisfies Readonly<Record<string, FaultRow>>;

const secondOne: Promised = {
  ends: ['DESTINATION_BUSY'],
  name: ['the new image'],
  beside: ['nothing'],
  again: ['is told it exists'],
};

/** Two copies, one destination. Told of the one that is second. */
const rivals = {
  sameCopy: {
    fault: 'the same copy is under way already',
    injected: 'it is started a second time while the first one is in its middle, which then ends well',
    ways: both(secondOne),
  },
  otherCopy: {
    fault: 'a copy of another image to the same name is under way',
    injected: 'it is started while the first one is in its middle, which then ends well',
    ways: both(secondOne),
  },
} as const satisfies Readonly<Record<string, FaultRow>>;

/** What the machine itself may do to a copy. */
const machines = {
  clockAhead: {
    fault: 'the clock jumps five years ahead',
    injected: 'libfaketime, once a mebibyte has arrived; the clock that never jumps is left alone',
    ways: both(unhurt),
  },
  clockBack: {
    fault: 'the clock jumps five years back',
    injected: 'libfaketime, once a mebibyte has arrived',
    ways: both(unhurt),
  },
  noOpenFiles: {
    fault: 'imagectl can open no more files',
    injected: 'once a mebibyte has arrived its limit of open files is set to none (`prlimit`)',
    ways: both(failsKeeping('RESOURCES', 'RETRIES_EXHAUSTED')),
  },
  noProcesses: {
    fault: 'no process can be started',
    injected:
      'another user copies; once a mebibyte has arrived the limit of processes is set to none (`prlimit`), and the tool is killed where there is one',
    ways: {
      cp: unhurt,
      rsync: failsKeeping('RESOURCES', 'RETRIES_EXHAUSTED'),
    },
  },
} as const satisfies Readonly<Record<string, FaultRow>>;

/** Which it is depends on the call, and on whether it is made by imagectl or by a tool, which is then tried again. */
const anyEnd: Promised = {
  ends: ['DONE', 'RETRIES_EXHAUSTED', 'READ_FAILED', 'WRITE_FAILED', 'SOURCE_UNREADABLE', 'DESTINATION_UNWRITABLE', 'TOOL_FAILED'],
  name: ['nothing', 'the new image'],
  beside: ['nothing', 'a staging file'],
  again: ['begins anew', 'goes on', 'is told it exists'],
};
const killedOrNot: Promised = { ...anyEnd, ends: ['KILLED', 'DONE', 'RETRIES_EXHAUSTED', 'WRITE_FAILED'] };
const oldOrNew: Promised['name'] = ['the old image', 'the new image'];

/** The system calls of imagectl and its tools that are about the files of a copy, one after the other. */
const calls = {
  callFails: {
    fault: 'any one system call fails',
    injected:
      'one after the other, each call that opens, writes, syncs, names or locks a file of the copy fails with EIO (strace); with `--all` each call that is about one of them',
    ways: both(anyEnd),
  },
  callKills: {
    fault: 'imagectl or the tool is killed at any one system call',
    injected: '`SIGKILL` at the same calls, one after the other (strace)',
    ways: both(killedOrNot),
  },
  callFailsOver: {
    fault: 'any one system call fails when an image is replaced',
    injected: 'the same, with `--overwrite replace`',
    ways: both({ ...anyEnd, name: oldOrNew }),
  },
  callKillsOver: {
    fault: 'imagectl or the tool is killed at any one system call when an image is replaced',
    injected: 'the same, with `--overwrite replace`',
    ways: both({ ...killedOrNot, name: oldOrNew }),
  },
} as const satisfies Readonly<Record<string, FaultRow>>;

/** What can go wrong on one machine, and what is promised then. */
export const localFaults = { ...deaths, ...sources, ...names, ...rivals, ...machines, ...calls } as const;
