import type { FaultRow } from './fault-matrix.ts';
import { both, failsClean, failsKeeping } from './fault-promises.ts';

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
    injected: "the tool's tenth `write` to the staging file fails with EIO (strace), at every try",
    ways: { cp: failsClean('RETRIES_EXHAUSTED'), rsync: failsKeeping('RETRIES_EXHAUSTED') },
  },
  badDisk: {
    fault: 'the disk loses what was written to it',
    injected: 'ext4 on a disk that answers EIO to writes beyond its tenth mebibyte (qemu-storage-daemon with blkdebug)',
    ways: both(failsClean('WRITE_FAILED')),
  },
  badSource: {
    fault: 'the disk of the source cannot be read in the middle',
    injected: 'a byte of a file on btrfs is changed below the filesystem, which then fails its checksum',
    ways: { cp: failsClean('RETRIES_EXHAUSTED'), rsync: failsKeeping('RETRIES_EXHAUSTED') },
  },
  readOnly: {
    fault: 'the filesystem is read-only',
    injected: 'ext4 mounted with `-o ro`',
    ways: both(failsClean('DESTINATION_UNWRITABLE')),
  },
  turnsReadOnly: {
    fault: 'the filesystem turns read-only in the middle',
    injected: 'ext4 with `errors=remount-ro` is told of an error once a mebibyte has arrived',
    ways: {
      cp: { ...failsKeeping('DESTINATION_UNWRITABLE'), beside: ['nothing', 'a staging file'], again: ['begins anew'] },
      rsync: { ...failsKeeping('DESTINATION_UNWRITABLE'), beside: ['nothing', 'a staging file'], again: ['begins anew', 'goes on'] },
    },
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
} as const satisfies Readonly<Record<string, FaultRow>>;
