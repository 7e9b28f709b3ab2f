import type { Host, ImageFormat, KnownEndpoint, SshAccess, TransferRequest } from '@image-api/driver';
import type { StreamFrom } from '../../keeper/messages.ts';

/** Where a stream comes from, or why it cannot, in words a user can act on. */
export type FoundSource = { readonly source: StreamFrom } | { readonly refusal: string };

const nbdPort = 10_809;
/** Formats whose header can say that there is more elsewhere, which is looked at before QEMU is. */
const known: ReadonlySet<ImageFormat> = new Set(['raw', 'qcow2', 'vmdk', 'vhd', 'vhdx', 'vdi', 'iso', 'gpt', 'luks']);

/**
 * What the daemon has to open. Pure.
 *
 * @param host of the source, where it has one
 */
export function streamFrom({ from, to, toFormat, held }: TransferRequest, host: Host | undefined): FoundSource {
  if (to.scheme !== 'file' || to.facts.kind === 'block')
    return { refusal: 'hands an image out from a file on this machine only; copy it to a file here, or drop readyEarly' };
  if (held === 'delta') return { refusal: 'cannot send only what differs' };
  const { format } = from.facts;
  if (format === undefined) return { refusal: 'the format of the source is not known, and is never guessed: say it with --format' };
  if (!known.has(format)) return { refusal: `cannot hand out an image of the format ${format}` };
  if (toFormat !== 'qcow2' && !(toFormat === undefined && format === 'qcow2'))
    return { refusal: 'a streamed image arrives as qcow2: say --to-format qcow2' };
  return sourceAt(from, format, host?.ssh);
}

/** The same of an image of any way. */
export function sourceAt(from: KnownEndpoint, format: ImageFormat, access: SshAccess | undefined): FoundSource {
  const { scheme, authority, path, params, facts } = from;
  if (scheme === 'file') return { source: { kind: facts.kind === 'block' ? 'host_device' : 'file', path, format } };
  if (scheme === 'ssh' && access) return fromHost(from, format, access);
  if (scheme === 'http' || scheme === 'https') return fromWeb(from, format);
  if (format !== 'raw') return { refusal: `what ${scheme} shows is a disk, byte for byte: its format is raw, not ${format}` };
  const exportName = path.replace(/^\//, '');
  if (scheme === 'nbd' && authority)
    return { source: { kind: 'nbd', at: { host: authority.host, port: authority.port ?? nbdPort }, exportName, format } };
  if (scheme === 'nbd+unix' && params['socket'] !== undefined)
    return { source: { kind: 'nbd', at: { path: params['socket'] }, exportName, format } };
  return { refusal: `cannot hand out images that come from ${scheme}` };
}

function fromHost({ href, path, facts }: KnownEndpoint, format: ImageFormat, access: SshAccess): FoundSource {
  const size = facts.kind === 'block' && facts.size !== undefined ? { size: facts.size } : {};
  return { source: { kind: 'ssh', href, file: { access, path, ...size }, format } };
}

/** Other formats can hide in their middle what they need. */
function fromWeb({ href }: KnownEndpoint, format: ImageFormat): FoundSource {
  const whole = format === 'raw' || format === 'qcow2' || format === 'iso' || format === 'gpt';
  return whole ? { source: { kind: 'web', href, format } } : { refusal: `hands out raw and qcow2 images of web servers, not ${format}` };
}
