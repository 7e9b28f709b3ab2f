import { inspectImage } from 'image-api';
import type { ImageInfo } from 'image-api';
import type { CommandFlags } from '../flags/flags.ts';
import { formatExactSize } from '../text/format-quantity.ts';
import { jsonLine } from '../text/json-line.ts';
import { table } from '../text/table.ts';
import { unlessAborted } from '../with-api.ts';
import type { World } from '../world.ts';

/** `imagectl inspect`: an image's format and sizes. */
export async function runInspect(image: string, flags: CommandFlags, world: World): Promise<number> {
  const { ssh } = await world.loadConfig(flags);
  const info = await unlessAborted(world.signal, inspectImage(image, { ssh }));
  world.stdout.write(flags.json ? jsonLine(info) : inspectText(info));
  return 0;
}

/** What is known of an image, one line each. */
function inspectText({ href, format, virtualSize, size, allocated }: ImageInfo): string {
  return table([
    ['image', href],
    ['format', format],
    ['virtual', virtualSize === undefined ? 'the header does not tell' : formatExactSize(virtualSize)],
    ['file', formatExactSize(size)],
    ['allocated', formatExactSize(allocated)],
  ]);
}
