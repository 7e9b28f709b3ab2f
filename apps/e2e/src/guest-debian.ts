import { access, chmod, copyFile, mkdir, mkdtemp, readFile, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { guestAgent } from './guest-scripts.ts';
import { guestCache } from './guest-system.ts';

/** A whole Debian. */
export interface DebianDisk {
  readonly kernel: string;
  readonly initramfs: string;
  /** Raw, 4 GiB of which about 0.5 are data. Not to be written to. */
  readonly disk: string;
}

const service = `[Unit]
Description=Runs the commands of a test

[Service]
ExecStart=/usr/local/sbin/guest-agent

[Install]
WantedBy=multi-user.target
`;

/** Installed once, in some two minutes, and kept in the cache below `node_modules`. Needs root and debootstrap. */
export async function debianDisk(): Promise<DebianDisk> {
  const made = join(guestCache, 'debian');
  const debian = { kernel: join(made, 'vmlinuz'), initramfs: join(made, 'initrd.img'), disk: join(made, 'debian.raw') };
  const isMade = await access(made).then(
    () => true,
    () => false,
  );
  if (isMade) return debian;
  await mkdir(guestCache, { recursive: true });
  const folder = await mkdtemp(join(guestCache, 'making-'));
  try {
    await install(folder);
    await rename(folder, made);
    return debian;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function install(folder: string): Promise<void> {
  const root = join(folder, 'root');
  // Its programs run as root of what is to be a disk: others may not enter, but they may.
  await chmod(folder, 0o755);
  const words = ['--variant=minbase', '--include=linux-image-cloud-amd64,systemd-sysv,udev', await suite(), root, await mirror()];
  await execa('debootstrap', words, { env: { PATH: `${process.env['PATH']}:/usr/sbin:/sbin` } });
  await addAgent(root);
  for (const [begins, name] of [
    ['vmlinuz-', 'vmlinuz'],
    ['initrd.img-', 'initrd.img'],
  ] as const) {
    const found = (await readdir(join(root, 'boot'))).find((one) => one.startsWith(begins));
    if (!found) throw new Error(`debootstrap left no ${begins}* in /boot`);
    await copyFile(join(root, 'boot', found), join(folder, name));
  }
  await execa('mke2fs', ['-q', '-F', '-t', 'ext4', '-d', root, join(folder, 'debian.raw'), '4G'], {
    env: { PATH: `${process.env['PATH']}:/usr/sbin:/sbin` },
  });
  await rm(root, { recursive: true });
}

async function addAgent(root: string): Promise<void> {
  await writeFile(join(root, 'usr/local/sbin/guest-agent'), guestAgent, { mode: 0o755 });
  const units = join(root, 'etc/systemd/system');
  await writeFile(join(units, 'guest-agent.service'), service);
  await mkdir(join(units, 'multi-user.target.wants'), { recursive: true });
  await symlink('../guest-agent.service', join(units, 'multi-user.target.wants/guest-agent.service'));
}

/** The Debian this machine runs. */
async function suite(): Promise<string> {
  const found = /^VERSION_CODENAME=(\w+)$/m.exec(await readFile('/etc/os-release', 'utf8'))?.[1];
  if (!found) throw new Error('this machine is not a Debian with a name');
  return found;
}

/** Where this machine gets its packages from. */
async function mirror(): Promise<string> {
  const { stdout } = await execa('apt-get', ['indextargets', '--format', '$(SITE)']);
  const found = stdout.split('\n').find((site) => site !== '' && !site.includes('security'));
  if (!found) throw new Error('this machine knows no place to get Debian packages from');
  return found;
}
