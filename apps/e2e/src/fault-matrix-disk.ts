import type { FaultRow, Promised } from './fault-matrix.ts';
import { both, failsClean, failsKeeping, goesOn, killed } from './fault-promises.ts';

const survives: Promised = { ends: ['DONE'], name: ['the new image'], beside: ['nothing'], again: [] };

/** A staging file may be there with fewer bytes than had arrived: those were not on disk yet. */
const cutDuring: Promised = {
  ends: ['KILLED'],
  name: ['the old image'],
  beside: ['nothing', 'a staging file'],
  again: ['begins anew', 'goes on'],
};

const cutPublishing: Promised = { ...cutDuring, name: ['the old image', 'the new image'] };

/** The disk of the destination, or that of the source, fails. */
export const diskFaults = {
  tooSmall: {
    fault: 'there is not enough room from the start',
    injected: 'an ext4 of 16 MiB',
    ways: both(failsClean('NO_SPACE')),
  },
  noSpace: {
    fault: 'the disk fills up half way',
    injected: 'a second writer takes the rest of a small ext4 once the copy has been planned and its first mebibyte has arrived',
    ways: both(failsClean('NO_SPACE')),
  },
  noSpaceAtSync: {
    fault: 'there is no room, but only fsync says so',
    injected: 'ext4 in a file on a tmpfs that has no room for it',
    ways: both(failsClean('NO_SPACE')),
  },
  badSync: {
    fault: 'fsync fails once, as the kernel tells of lost writes',
    injected: 'the first `fsync` fails with EIO (strace)',
    ways: both(failsClean('WRITE_FAILED')),
  },
  badWrite: {
    fault: 'a write to the destination fails',
    injected: 'the tenth write to the staging file fails with EIO (strace), at every try',
    ways: { cp: failsClean('WRITE_FAILED'), rsync: failsKeeping('RETRIES_EXHAUSTED') },
  },
  badDisk: {
    fault: 'the disk loses what was written to it',
    injected: 'ext4 on a disk that answers EIO to writes beyond its tenth mebibyte (qemu-storage-daemon with blkdebug)',
    ways: both(failsClean('WRITE_FAILED')),
  },
  diskHangs: {
    fault: 'the disk hangs for a while',
    injected: 'writes to an ext4 wait for three seconds once a mebibyte has arrived (`fsfreeze`), with `stallMs` of one and a half',
    ways: { cp: goesOn },
  },
  diskHangsCancelled: {
    fault: 'the disk hangs, and imagectl is told to end',
    injected: 'the same, and `SIGTERM` to imagectl half a second later',
    ways: { cp: { ...failsClean('CANCELLED'), beside: ['nothing', 'a staging file'], again: ['begins anew', 'goes on'] } },
  },
  badLeftover: {
    fault: 'what had arrived cannot be read back when the same copy is started again',
    injected: '`kill -9` once four mebibytes have arrived on btrfs; then one of their bytes is changed below the filesystem',
    ways: { cp: killed },
  },
  badSource: {
    fault: 'the disk of the source cannot be read in the middle',
    injected: 'a byte of a file on btrfs is changed below the filesystem, which then fails its checksum',
    ways: both(failsKeeping('RETRIES_EXHAUSTED')),
  },
  readOnly: {
    fault: 'the filesystem is read-only',
    injected: 'ext4 mounted with `-o ro`',
    ways: both(failsClean('DESTINATION_UNWRITABLE')),
  },
  turnsReadOnly: {
    fault: 'the filesystem turns read-only in the middle',
    injected: 'ext4 with `errors=remount-ro` is told of an error once a mebibyte has arrived',
    ways: both({ ...failsKeeping('DESTINATION_UNWRITABLE'), beside: ['nothing', 'a staging file'], again: ['begins anew', 'goes on'] }),
  },
  immutable: {
    fault: 'the directory is immutable',
    injected: '`chattr +i` on it',
    ways: both(failsClean('DESTINATION_UNWRITABLE')),
  },
  immutableOld: {
    fault: 'the old image is immutable',
    injected: '`chattr +i` on it, and `--overwrite replace`',
    ways: both({ ...failsClean('DESTINATION_UNWRITABLE'), name: ['the old image'] }),
  },
  powerCutAfter: {
    fault: 'the power fails right after imagectl has ended',
    injected: 'the filesystem is shut down, without a chance to write anything more, and mounted again (`xfs_io -c shutdown`)',
    ways: { 'cp, ext4': survives, 'cp, xfs': survives, 'rsync, ext4': survives, 'rsync, xfs': survives },
  },
  powerCutDuring: {
    fault: 'the power fails while an image is being replaced',
    injected: 'the same once a mebibyte has arrived, and imagectl is killed with -9',
    ways: { 'cp, ext4': cutDuring, 'cp, xfs': cutDuring, 'rsync, ext4': cutDuring, 'rsync, xfs': cutDuring },
  },
  powerCutHalfWritten: {
    fault: 'the power fails when a part of an image is on disk',
    injected: 'two mebibytes are synced (`sync --file-system`), and once four have arrived imagectl is killed and the filesystem shut down',
    ways: { 'cp, ext4': killed, 'cp, xfs': killed, 'rsync, ext4': killed, 'rsync, xfs': killed },
  },
  powerCutPublishing: {
    fault: 'the power fails while the name is given',
    injected: 'imagectl is killed at each call that names or syncs, one after the other (strace), and the filesystem is shut down at once',
    ways: { 'cp, ext4': cutPublishing, 'cp, xfs': cutPublishing },
  },
  powerCutAnywhere: {
    fault: 'the power fails after any one write to the disk',
    injected:
      'every write of the disk below ext4 is logged (qemu-storage-daemon with blklogwrites); each beginning of the log is put on a blank disk, mounted and looked at',
    ways: { cp: { ...cutPublishing, ends: ['DONE'], again: [] } },
  },
  powerCutAgain: {
    fault: 'the power fails after any one write to the disk, and the same copy is started again',
    injected:
      'as before, of a copy that is killed when six mebibytes have arrived, on a filesystem that is synced all the time; a dozen beginnings of the log, with `--all` each, are mounted in its place',
    ways: both({ ...killed, beside: ['nothing', 'a staging file'], again: ['begins anew', 'goes on'] }),
  },
} as const satisfies Readonly<Record<string, FaultRow>>;
