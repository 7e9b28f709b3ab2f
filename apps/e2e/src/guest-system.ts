import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, readFile, readdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createGzip } from 'node:zlib';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { guestAgent, guestModules, guestStart } from './guest-scripts.ts';

/** A small system made of Debian packages, that were only unpacked: nothing of it is installed on this machine. */
export interface GuestSystem {
  readonly kernel: string;
  readonly initramfs: string;
  /** What a disk must hold to be the root of a guest. */
  readonly tree: string;
}

/** What was made for guests is kept here, also from one run to the next. */
export const guestCache: string = fileURLToPath(new URL('../../../node_modules/.cache/image-api-guest/', import.meta.url));
const recipe = createHash('sha256')
  .update(JSON.stringify([guestStart, guestAgent, guestModules]))
  .digest('hex')
  .slice(0, 16);

/** Made once, and kept in the cache below `node_modules`. */
export async function guestSystem(): Promise<GuestSystem> {
  const made = join(guestCache, recipe);
  const system = { kernel: join(made, 'vmlinuz'), initramfs: join(made, 'initramfs.gz'), tree: join(made, 'tree') };
  if (await isThere(made)) return system;
  await mkdir(guestCache, { recursive: true });
  const folder = await mkdtemp(join(guestCache, 'making-'));
  try {
    await make(folder);
    // Somebody else may have made the same meanwhile.
    await rename(folder, made).catch(async (error: unknown) => {
      if (!(await isThere(made))) throw error;
    });
    return system;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function make(folder: string): Promise<void> {
  const [packages, tree, memory] = [join(folder, 'packages'), join(folder, 'tree'), join(folder, 'memory')];
  await unpack(packages, [await kernelPackage(), 'busybox-static']);
  const boot = await readdir(join(packages, 'boot'));
  const kernel = boot.find((name) => name.startsWith('vmlinuz-'))!;
  await copyFile(join(packages, 'boot', kernel), join(folder, 'vmlinuz'));
  await plant(tree, join(packages, 'bin/busybox'));
  await plant(memory, join(packages, 'bin/busybox'));
  await writeProgram(join(memory, 'init'), guestStart);
  await mkdir(join(memory, 'lib/modules'), { recursive: true });
  const modules = join(packages, 'lib/modules', kernel.replace('vmlinuz-', ''));
  for (const name of guestModules) await writeModule(modules, name, join(memory, 'lib/modules', `${name}.ko`));
  await pack(memory, join(folder, 'initramfs.gz'));
  for (const used of [packages, memory]) await rm(used, { recursive: true });
}

/** The package that holds the kernel itself. */
async function kernelPackage(): Promise<string> {
  const find = async (): Promise<string | undefined> => {
    const { stdout } = await execa('apt-cache', ['depends', 'linux-image-cloud-amd64'], { reject: false });
    return /Depends: (linux-image-\S+)/.exec(stdout)?.[1];
  };
  let found = await find();
  if (!found) await execa('apt-get', ['update', '-qq']);
  found ??= await find();
  if (!found) throw new Error('this machine knows no Debian package linux-image-cloud-amd64, of which the guest is made');
  return found;
}

async function unpack(folder: string, packages: readonly string[]): Promise<void> {
  await mkdir(folder);
  const download = async (): Promise<unknown> => execa('apt-get', ['download', '-qq', ...packages], { cwd: folder });
  // What this machine knows of the packages may be old, and name some that are gone.
  await download().catch(async () => {
    await execa('apt-get', ['update', '-qq']);
    await download();
  });
  for (const name of await readdir(folder)) {
    if (name.endsWith('.deb')) await execa('dpkg-deb', ['--extract', name, '.'], { cwd: folder });
  }
}

/** The directories and programs of a root. */
async function plant(root: string, busybox: string): Promise<void> {
  for (const name of ['bin', 'sbin', 'dev', 'proc', 'sys', 'tmp', 'run', 'mnt', 'root']) await mkdir(join(root, name), { recursive: true });
  await copyFile(busybox, join(root, 'bin/busybox'));
  await chmod(join(root, 'bin/busybox'), 0o755);
  const { stdout } = await execa(busybox, ['--list']);
  for (const name of stdout.split('\n')) if (name !== 'busybox') await symlink('busybox', join(root, 'bin', name));
  await writeProgram(join(root, 'sbin/init'), guestAgent);
}

async function writeProgram(path: string, text: string): Promise<void> {
  await writeFile(path, text, { mode: 0o755 });
}

/** Newer kernels keep their modules compressed. */
async function writeModule(modules: string, name: string, path: string): Promise<void> {
  const files = await readdir(join(modules, 'kernel/drivers'), { recursive: true });
  const file = files.find((one) => one.endsWith(`/${name}.ko`) || one.endsWith(`/${name}.ko.xz`));
  if (!file) throw new Error(`the kernel of the guest has no module ${name}`);
  const packed = join(modules, 'kernel/drivers', file);
  await writeFile(
    path,
    file.endsWith('.xz') ? (await execa('xz', ['-dc', packed], { encoding: 'buffer' })).stdout : await readFile(packed),
  );
}

/** As the kernel reads it. */
async function pack(tree: string, archive: string): Promise<void> {
  const words = ['-c', 'find . | "$1" cpio -o -H newc', 'sh', join(tree, 'bin/busybox')];
  const child = spawn('sh', words, { cwd: tree, stdio: ['ignore', 'pipe', 'ignore'] });
  await pipeline(child.stdout, createGzip({ level: 1 }), createWriteStream(archive));
}
