import { access, constants } from 'node:fs/promises';
import { delimiter } from 'node:path';
import { run } from './run.mjs';
import { failed, passed, skipped } from './tally.mjs';

/** What the tests run, and the Debian package it is in. */
const packageOf = {
  aria2c: 'aria2',
  btrfs: 'btrfs-progs',
  chattr: 'e2fsprogs',
  cp: 'coreutils',
  curl: 'curl',
  debootstrap: 'debootstrap',
  debugfs: 'e2fsprogs',
  e2fsck: 'e2fsprogs',
  faketime: 'faketime',
  filefrag: 'e2fsprogs',
  findmnt: 'util-linux',
  flock: 'util-linux',
  gzip: 'gzip',
  ip: 'iproute2',
  losetup: 'mount',
  'mkfs.btrfs': 'btrfs-progs',
  'mkfs.ext4': 'e2fsprogs',
  'mkfs.xfs': 'xfsprogs',
  mke2fs: 'e2fsprogs',
  mount: 'mount',
  nbdcopy: 'libnbd-bin',
  nft: 'nftables',
  nginx: 'nginx-light',
  nsenter: 'util-linux',
  openssl: 'openssl',
  perl: 'perl-base',
  prlimit: 'util-linux',
  ps: 'procps',
  'qbittorrent-nox': 'qbittorrent-nox',
  'qemu-img': 'qemu-utils',
  'qemu-nbd': 'qemu-utils',
  'qemu-storage-daemon': 'qemu-system-common',
  'qemu-system-x86_64': 'qemu-system-x86',
  rsync: 'rsync',
  scp: 'openssh-client',
  setpriv: 'util-linux',
  setsid: 'util-linux',
  ss: 'iproute2',
  ssh: 'openssh-client',
  'ssh-keygen': 'openssh-client',
  sshd: 'openssh-server',
  strace: 'strace',
  tc: 'iproute2',
  'transmission-show': 'transmission-cli',
  unshare: 'util-linux',
  xfs_io: 'xfsprogs',
  zstd: 'zstd',
};

/** Install what is missing where we may; where we may not, name it. */
export async function installTools() {
  const wanted = await missingPackages();
  if (wanted.length === 0) return passed;
  const sudo = await waysToInstall();
  if (!sudo) return missing(wanted, 'neither root nor passwordless sudo');
  const environment = ['env', 'DEBIAN_FRONTEND=noninteractive', 'RUNLEVEL=1'];
  const [command = 'env', ...before] = [...sudo, ...environment];
  await run(command, [...before, 'apt-get', 'update', '-qq']);
  const ran = await run(command, [...before, 'apt-get', 'install', '-y', '-qq', '--no-install-recommends', ...wanted], {
    timeoutMs: 600_000,
  });
  const still = await missingPackages();
  return still.length === 0 ? { ...passed, remarks: [`installed ${wanted.join(' ')}`] } : missing(still, ran.output);
}

/** @returns {Promise<string[]>} */
async function missingPackages() {
  const found = await Promise.all(Object.keys(packageOf).map(isOnPath));
  return [...new Set(Object.values(packageOf).filter((_, index) => !found[index]))];
}

/** @param {string} tool */
async function isOnPath(tool) {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  const found = await Promise.allSettled(folders.map((folder) => access(`${folder}/${tool}`, constants.X_OK)));
  return found.some(({ status }) => status === 'fulfilled');
}

/** @returns {Promise<string[] | undefined>} the words before `apt-get`, or undefined where it may not be run */
async function waysToInstall() {
  if (!(await isOnPath('apt-get'))) return undefined;
  if (process.getuid?.() === 0) return [];
  return (await run('sudo', ['-n', 'true'])).ok ? ['sudo', '-n'] : undefined;
}

/**
 * @param {readonly string[]} wanted
 * @param {string} why
 */
function missing(wanted, why) {
  const text = `the tests need the packages ${wanted.join(' ')} (${why.trim()})`;
  return process.env['CI'] ? failed(text) : skipped(`${text}; the tests that need them skip`);
}
