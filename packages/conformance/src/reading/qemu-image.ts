import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import type { ImageFormat } from '@image-api/driver';
import { qemuFormatNames } from '@image-api/host';

/** Formats that qemu-img can make of any image. */
const made: ReadonlySet<ImageFormat> = new Set(['raw', 'qcow2', 'vmdk', 'vhd', 'vhdx', 'vdi', 'qed']);

const run = promisify(execFile);

/** Why images of other formats cannot be looked into here; `undefined` when they can. */
export function whyNoQemuImg(): string | undefined {
  try {
    execFileSync('qemu-img', ['--version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'qemu-img is not installed';
  }
}

export function isMadeByQemuImg(format: ImageFormat): boolean {
  return made.has(format);
}

/** Make an image of another format of a raw one. */
export async function convertImage(from: string, to: string, format: ImageFormat): Promise<void> {
  // Only a size that is not rounded to the geometry of a disk can be compared.
  const exact = format === 'vhd' ? ['-o', 'force_size=on'] : [];
  await run('qemu-img', ['convert', '-f', 'raw', '-O', wordFor(format), ...exact, from, to]);
}

/** The format that an image's own bytes say it has. */
export async function formatOf(path: string): Promise<string> {
  const { stdout } = await run('qemu-img', ['info', '--output=json', path]);
  const word = (JSON.parse(stdout) as { format: string }).format;
  return [...made].find((format) => qemuFormatNames[format] === word) ?? word;
}

/** In what the disks differ that a guest would see in two images; `undefined` when in nothing. */
export async function guestDifference(one: ImageFile, other: ImageFile): Promise<string | undefined> {
  // It may still be in use.
  const args = ['compare', '-U', '-f', wordFor(one.format), '-F', wordFor(other.format), one.path, other.path];
  try {
    await run('qemu-img', args);
    return undefined;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    return `${stdout ?? ''}${stderr ?? ''}`.trim() || String(error);
  }
}

export interface ImageFile {
  readonly path: string;
  readonly format: ImageFormat;
}

function wordFor(format: ImageFormat): string {
  return made.has(format) ? qemuFormatNames[format] : format;
}
