import { ImageError } from '@image-api/driver';
import type { Host, ImageFormat } from '@image-api/driver';
import { qemuFormatNames } from '@image-api/host';

/** One of two images that are to show a guest the same disk. */
export interface GuestImage {
  readonly path: string;
  readonly kind: 'file' | 'block';
  readonly format: ImageFormat;
}

/** No block was compared for so long: whatever it waits for will not come. */
const stallMs = 120_000;
/** Enough for every table of the largest image, and too little for one that was made to eat the machine's memory. */
export const boundsOfImageTool: readonly string[] = [`--as=${4 * 2 ** 30}`, '--core=0'];

/**
 * Compare what a guest would see of two images on one host, block by block, holes and zeros being the same.
 *
 * @returns whether they are the same
 * @throws ImageError TOOL_MISSING, TOOL_FAILED
 */
export async function compareGuest(one: GuestImage, other: GuestImage, host: Host, signal: AbortSignal): Promise<boolean> {
  const { exitCode, stderr } = await host.run('prlimit', compareArgs(one, other), { signal, stallMs });
  if (exitCode === 0 || exitCode === 1) return exitCode === 0;
  throw new ImageError(`qemu-img could not compare ${one.path} with ${other.path} on ${host.id}: ${stderr.trim()}`, {
    code: exitCode === 127 ? 'TOOL_MISSING' : 'TOOL_FAILED',
    origin: 'destination',
    details: { exitCode },
  });
}

/** Formats are said, never guessed; names are options, never URIs. With `-p` there is output while there is progress. */
export function compareArgs(one: GuestImage, other: GuestImage): readonly string[] {
  return [...boundsOfImageTool, '--', 'qemu-img', 'compare', '-p', '-U', '--image-opts', imageOptions(one), imageOptions(other)];
}

/** How qemu-img is told of an image. A comma ends an option, two are one. */
export function imageOptions({ path, kind, format }: GuestImage): string {
  const protocol = kind === 'block' ? 'host_device' : 'file';
  return `driver=${qemuFormatNames[format]},file.driver=${protocol},file.filename=${path.replaceAll(',', ',,')}`;
}
