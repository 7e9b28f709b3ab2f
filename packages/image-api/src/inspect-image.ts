import { ImageError } from '@image-api/driver';
import type { Endpoint, ImageFormat } from '@image-api/driver';
import { createHosts } from '@image-api/host';
import { judgeImage } from '@image-api/image-format';
import type { ExamineOptions, Finding, ImagePolicy, Verdict } from '@image-api/image-format';
import type { ResolvedConfig } from './config/config.ts';
import { checkSource } from './look/check-ends.ts';
import { isOnTheWeb, lookAtWeb } from './look/look-at-web.ts';
import { onSide } from './look/on-side.ts';
import { examineOn } from './safety/examine-on.ts';
import { parseUri } from './uri/parse-uri.ts';

/** What an image says of itself. */
export interface ImageInfo {
  readonly href: string;
  readonly format: ImageFormat;
  /** The size a guest sees, in bytes; absent where the header does not tell. */
  readonly virtualSize?: number;
  /** Length of the file, or capacity of the device, in bytes. */
  readonly size: number;
  /** Bytes that take room on disk; absent where nobody can tell, of a file on a web server. */
  readonly allocated?: number;
  /** The image it is a layer over, as its header names it. */
  readonly backing?: { readonly name: string; readonly format?: string };
  /** `unsafe`: a copy of it would be refused. */
  readonly verdict: 'safe' | 'unsafe';
  /** Everything that speaks against it, and what else is worth knowing. */
  readonly findings: readonly Finding[];
}

export interface InspectOptions {
  readonly ssh?: { readonly configFile?: string };
  /** What the image is said to be; if it is not, that is a finding. */
  readonly format?: ImageFormat;
  /** Do not call an image unsafe because it needs another file. Default false. */
  readonly allowBacking?: boolean;
  /** The formats that may be copied, and the largest size in bytes that a header may declare, as the config says. */
  readonly images?: Pick<ResolvedConfig['images'], 'formats' | 'maxVirtualSize'>;
  /** In place of the config's, in bytes. */
  readonly maxVirtualSize?: number;
}

/**
 * Look at an image's header: a path or URI of a file here, over ssh or on a web server that serves pieces of it. Reads headers only, and runs no tool that would follow what they say.
 *
 * @throws ImageError SOURCE_MISSING, SOURCE_KIND, UNREACHABLE…
 */
export async function inspectImage(image: string | URL, options: InspectOptions = {}): Promise<ImageInfo> {
  const endpoint = parseUri(image);
  if (isOnTheWeb(endpoint)) return inspectOnTheWeb(endpoint, options);
  if (endpoint.scheme !== 'file' && endpoint.scheme !== 'ssh') {
    const message = `${endpoint.href}: only files, here, over ssh or on a web server, can be inspected`;
    throw new ImageError(message, { code: 'UNKNOWN_SCHEME', origin: 'caller' });
  }
  const hosts = createHosts(options.ssh ? { ssh: options.ssh } : {});
  const host = endpoint.authority ? hosts.ssh(endpoint.authority) : hosts.local;
  try {
    return await onSide('source', endpoint, async () => {
      const { size, allocated } = checkSource(endpoint, await host.stat(endpoint.path, { follow: true }));
      // Links are resolved, and not followed any more afterwards.
      const path = await host.realPath(endpoint.path);
      return { href: endpoint.href, size, allocated, ...judged(await examineOn(host, { path, size }, limitsOf(options)), options) };
    });
  } finally {
    await hosts.close();
  }
}

async function inspectOnTheWeb(endpoint: Endpoint, options: InspectOptions): Promise<ImageInfo> {
  const { maximumVirtualSize } = limitsOf(options);
  const limits = maximumVirtualSize === undefined ? {} : { maxVirtualSize: maximumVirtualSize };
  const { verdict, endpoint: found } = (await lookAtWeb(endpoint, limits)) ?? {};
  if (verdict && found) return { href: endpoint.href, size: found.facts.size ?? 0, ...judged(verdict, options) };
  throw new ImageError(`${endpoint.href}: its server does not serve pieces of it, so its header cannot be looked at by itself: copy it`, {
    code: 'UNSUPPORTED',
    origin: 'source',
  });
}

function limitsOf({ images, maxVirtualSize = images?.maxVirtualSize }: InspectOptions): ExamineOptions {
  return maxVirtualSize === undefined ? {} : { maximumVirtualSize: maxVirtualSize };
}

function judged(
  verdict: Verdict,
  { format: claimed, allowBacking = false, images }: InspectOptions,
): Omit<ImageInfo, 'href' | 'size' | 'allocated'> {
  const policy: ImagePolicy = { allowBacking, ...(claimed && { claimed }), ...(images?.formats && { formats: images.formats }) };
  const refusal = judgeImage(verdict, policy);
  // What only the caller's own words make a finding of is not among those of the image.
  const more = refusal?.findings.filter((one) => !verdict.findings.includes(one)) ?? [];
  return { ...verdict, findings: [...verdict.findings, ...more], verdict: refusal ? 'unsafe' : 'safe' };
}
