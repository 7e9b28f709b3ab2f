import { execFileSync } from 'node:child_process';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

type Kind = 'ext4' | 'xfs' | 'btrfs';

/** Things of the kernel made for a test, let go of by `release()` in reverse order. */
export class Loop {
  readonly #directory: string;
  readonly #releases: (() => void)[] = [];

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** A new filesystem in a sparse file, mounted. */
  mount(kind: Kind, mebibytes: number, options: readonly string[] = []): string {
    const name = `${kind}-${this.#releases.length}`;
    const [image, mountPoint] = [join(this.#directory, `${name}.img`), join(this.#directory, name)];
    blank(image, mebibytes * 2 ** 20);
    mkdirSync(mountPoint);
    run(`mkfs.${kind}`, [...(kind === 'ext4' ? ['-q', '-F'] : ['-q']), ...options, image]);
    run('mount', ['-o', 'loop', image, mountPoint]);
    this.#releases.push(() => run('umount', [mountPoint]));
    return mountPoint;
  }

  /** A block device as large as the file, holding what it holds. */
  attach(file: string): string {
    const device = run('losetup', ['--find', '--show', file]).trim();
    this.#releases.push(() => run('losetup', ['--detach', device]));
    return device;
  }

  release(): void {
    for (const release of this.#releases.splice(0).toReversed()) release();
  }
}

/** Why there are no loop devices here; `undefined` when there are. */
export function whyNoLoop(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root may mount';
  try {
    run('losetup', ['--find']);
    for (const kind of ['ext4', 'xfs', 'btrfs']) run('sh', ['-c', 'command -v "$1"', 'sh', `mkfs.${kind}`]);
    return undefined;
  } catch (error) {
    return `no loop devices, or a mkfs is missing: ${String(error)}`;
  }
}

export function run(tool: string, args: readonly string[]): string {
  return execFileSync(tool, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function blank(path: string, size: number): void {
  writeFileSync(path, '');
  truncateSync(path, size);
}
