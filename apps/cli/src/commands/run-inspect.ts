import { exitStatus } from '@image-api/driver';
import { inspectImage } from 'image-api';
import type { Finding, ImageInfo } from 'image-api';
import type { InspectFlags } from '../flags/flags.ts';
import { readInspectFlags } from '../flags/read-copy-flags.ts';
import { escapeControls } from '../text/escape-controls.ts';
import { formatExactSize } from '../text/format-quantity.ts';
import { jsonLine } from '../text/json-line.ts';
import { table } from '../text/table.ts';
import { unlessAborted } from '../with-api.ts';
import type { World } from '../world.ts';

/** `imagectl inspect`: what an image is, and whether it is safe to open. Ends with 9 when it is not. */
export async function runInspect(image: string, flags: InspectFlags, world: World): Promise<number> {
  const options = readInspectFlags(flags);
  const { ssh, images } = await world.loadConfig(flags);
  const info = await unlessAborted(world.signal, inspectImage(image, { ssh, images, ...options }));
  world.stdout.write(flags.json ? jsonLine(info) : inspectText(info));
  return info.verdict === 'safe' ? 0 : exitStatus('UNSAFE_IMAGE');
}

/** What is known of an image, one line each; the findings below. */
export function inspectText({ href, format, virtualSize, size, allocated, backing, verdict, findings }: ImageInfo): string {
  const facts = table([
    ['image', href],
    ['format', format],
    ['virtual', virtualSize === undefined ? 'the header does not tell' : formatExactSize(virtualSize)],
    ['file', formatExactSize(size)],
    ...(allocated === undefined ? [] : [['allocated', formatExactSize(allocated)]]),
    ...(backing ? [['needs', `${backing.name} (${backing.format ?? 'its format is not written down'})`]] : []),
    ['verdict', verdict],
  ]);
  return facts + findings.map((finding) => `${escapeControls(findingText(finding))}\n`).join('');
}

function findingText({ severity, rule, door, message }: Finding): string {
  const mark = severity === 'note' ? 'note' : door === undefined ? 'refused' : `refused without --${door}`;
  return `${mark}: ${rule}: ${message}`;
}
