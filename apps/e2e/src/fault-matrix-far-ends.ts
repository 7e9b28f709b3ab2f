import { abandons, from, seldom, to } from './far-promises.ts';
import type { FaultRow, Promised } from './fault-matrix.ts';
import { beginsAnew, failsClean, failsKeeping, unhurt } from './fault-promises.ts';

/** It is not the driver that decides, so one of them is enough. */
const anyWay = (promised: Promised): ReturnType<typeof to> => to(seldom(promised), seldom(promised), promised);

/** The disk on the far side fails, or the source's disk here. */
const disks = {
  tooSmall: {
    fault: 'there is not enough room over there from the start',
    injected: 'an ext4 of 16 MiB on the far host',
    ways: anyWay(failsClean('NO_SPACE')),
  },
  noSpace: {
    fault: 'the disk over there fills up half way',
    injected: 'a second writer takes the rest of a small ext4 of the far host once a quarter has arrived',
    ways: to(failsClean('NO_SPACE'), failsClean('NO_SPACE')),
  },
  noSpaceAtSync: {
    fault: 'there is no room over there, but only sync says so',
    injected: 'ext4 in a file on a tmpfs that has no room for it, on the far host',
    ways: anyWay(failsClean('NO_SPACE')),
  },
  badDisk: {
    fault: 'the disk over there loses what was written to it',
    injected: 'ext4 on a disk of the far host that answers EIO to writes beyond its tenth mebibyte (qemu-storage-daemon with blkdebug)',
    ways: anyWay(failsClean('WRITE_FAILED')),
  },
  badSource: {
    fault: 'the disk of the source cannot be read in the middle',
    injected: 'a byte of a file on btrfs is changed below the filesystem, which then fails its checksum',
    ways: {
      ...from(failsKeeping('RETRIES_EXHAUSTED'), failsClean('RETRIES_EXHAUSTED')),
      ...to(seldom(failsKeeping('RETRIES_EXHAUSTED')), seldom(failsClean('RETRIES_EXHAUSTED'))),
    },
  },
  readOnly: {
    fault: 'the filesystem over there is read-only',
    injected: 'ext4 mounted with `-o ro`',
    ways: anyWay(failsClean('DESTINATION_UNWRITABLE')),
  },
  turnsReadOnly: {
    fault: 'the filesystem over there turns read-only in the middle',
    injected: 'ext4 with `errors=remount-ro` is told of an error once a quarter has arrived',
    ways: to(
      // It depends on what reached the disk before it was closed.
      { ...failsKeeping('DESTINATION_UNWRITABLE'), again: ['begins anew', 'goes on'] },
      abandons(failsKeeping('DESTINATION_UNWRITABLE')),
    ),
  },
} as const satisfies Readonly<Record<string, FaultRow>>;

/** The source over there is not what it was when the copy began. */
const sources = {
  sourceChanges: {
    fault: 'the source over there is written to',
    injected: 'its last mebibyte is overwritten once a quarter has arrived',
    ways: from(failsClean('SOURCE_CHANGED'), failsClean('SOURCE_CHANGED')),
  },
  sourceShrinks: {
    fault: 'the source over there shrinks',
    injected: 'it is cut to half its size once a quarter has arrived',
    ways: from(failsClean('SOURCE_CHANGED'), failsClean('SOURCE_CHANGED')),
  },
  sourceGone: {
    fault: 'the source over there is deleted',
    injected: '`rm` of it once a quarter has arrived',
    ways: from(failsClean('SOURCE_CHANGED'), failsClean('SOURCE_CHANGED')),
  },
} as const satisfies Readonly<Record<string, FaultRow>>;

const there: Promised = { ...failsClean('DESTINATION_EXISTS'), name: ['what was put there'] };
const ofWrongKind: Promised = { ...there, ends: ['DESTINATION_KIND'] };

/** Something else has the name of the destination over there, or takes it. */
const names = {
  exists: {
    fault: 'somebody else has the name over there',
    injected: 'a file is there from the start',
    ways: anyWay(there),
  },
  appears: {
    fault: 'somebody else takes the name over there meanwhile',
    injected: 'a file of that name is made once a quarter has arrived',
    ways: to(there, there),
  },
  directoryAppears: {
    fault: 'a directory takes the name over there meanwhile',
    injected: '`mkdir` once a quarter has arrived',
    ways: anyWay(there),
  },
  link: {
    fault: 'the destination over there is a symbolic link',
    injected: '`ln -s` to another file, with `--overwrite replace`; the file it leads to is left alone',
    ways: { 'ssh to a host': ofWrongKind },
  },
  danglingLink: {
    fault: 'the destination over there is a symbolic link to nothing',
    injected: '`ln -s`, with `--overwrite replace`',
    ways: { 'ssh to a host': ofWrongKind },
  },
  directory: {
    fault: 'the destination over there is a directory',
    injected: '`mkdir`, with `--overwrite replace`',
    ways: { 'ssh to a host': ofWrongKind },
  },
  fifo: {
    fault: 'the destination over there is a FIFO',
    injected: '`mkfifo`, with `--overwrite replace`',
    ways: { 'ssh to a host': ofWrongKind },
  },
} as const satisfies Readonly<Record<string, FaultRow>>;

const secondOne: Promised = {
  ends: ['DESTINATION_BUSY'],
  name: ['the new image'],
  beside: ['nothing'],
  again: ['is told it exists'],
};

/** Two copies, one destination over there. Told of the one that is second. */
const rivals = {
  sameCopy: {
    fault: 'the same copy over ssh is under way already',
    injected: 'it is started a second time once a mebibyte has arrived; the first one ends well',
    ways: to(secondOne, secondOne),
  },
  otherCopy: {
    fault: 'a copy of another image to the same name over there is under way',
    injected: 'it is started once a mebibyte of the first has arrived; the first one ends well',
    ways: to(secondOne, secondOne),
  },
} as const satisfies Readonly<Record<string, FaultRow>>;

const turnedAway = (
  rsync: Promised,
  scp: Promised,
  ssh: Promised,
): Readonly<Record<'rsync to a host' | 'scp from a host' | 'ssh to a host', Promised>> => ({
  'rsync to a host': rsync,
  'scp from a host': scp,
  'ssh to a host': ssh,
});

/** Nobody copies anything, so it does not depend on the driver. */
const neverBegun = (promised: Promised): ReturnType<typeof turnedAway> => turnedAway(seldom(promised), seldom(promised), promised);

/** The far host is not whom we knew, does not let us in, or has a login shell with ideas of its own. */
const logins = {
  hostKeyUnknown: {
    fault: 'the host key is unknown',
    injected: '`known_hosts` has no line for the host; no try is made, with any driver',
    ways: neverBegun(failsClean('HOST_KEY')),
  },
  hostKeyChanged: {
    fault: 'the host key has changed',
    injected: '`known_hosts` has another key for the host; no try is made, with any driver',
    ways: neverBegun(failsClean('HOST_KEY')),
  },
  hostKeyChanges: {
    fault: 'the host key changes between two tries',
    injected:
      'as before, but once a quarter has arrived, and then the session is killed; the next try is the last one, and no other driver is tried',
    ways: turnedAway(failsKeeping('HOST_KEY'), failsClean('HOST_KEY'), failsKeeping('HOST_KEY')),
  },
  refused: {
    fault: 'the far host does not let us in',
    injected: 'it admits no key; no try is made, with any driver',
    ways: neverBegun(failsClean('AUTH_DENIED')),
  },
  refusedLater: {
    fault: 'the far host does not let us in any more',
    injected:
      'as before, but once a quarter has arrived, and then the session is killed; the next try is the last one, and no other driver is tried',
    ways: turnedAway(failsKeeping('AUTH_DENIED'), failsClean('AUTH_DENIED'), failsKeeping('AUTH_DENIED')),
  },
  noisy: {
    fault: 'the login shell over there prints text of its own',
    injected: '`echo` in its `.bashrc`; rsync minds, and scp may copy instead; SFTP and ssh do not',
    ways: { ...to(beginsAnew, unhurt, unhurt), 'ssh from a host': unhurt },
  },
  narrow: {
    fault: 'the umask over there leaves nobody else anything',
    injected: '`umask 077` in `.bashrc`; what arrives is private, and the image as readable as its source',
    ways: anyWay(unhurt),
  },
  wide: {
    fault: 'the umask over there leaves everybody everything',
    injected: '`umask 000` in `.bashrc`; what arrives is private, and the image as readable as its source',
    ways: anyWay(unhurt),
  },
  toolVanishes: {
    fault: 'the tool is taken away over there between two tries',
    injected:
      'the file of rsync, or perl, is removed and its process killed once a quarter has arrived; to a host scp may copy, too, from a host only the one',
    ways: {
      'rsync to a host': beginsAnew,
      'rsync from a host': failsClean('TOOL_MISSING'),
      'ssh to a host': beginsAnew,
      'ssh from a host': failsClean('TOOL_MISSING'),
    },
  },
} as const satisfies Readonly<Record<string, FaultRow>>;

/** What can be wrong with an end of a copy over ssh, and what is promised then. */
export const farEndFaults = { ...disks, ...sources, ...names, ...rivals, ...logins } as const;
