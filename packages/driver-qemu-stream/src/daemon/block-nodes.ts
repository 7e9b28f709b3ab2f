import type { ImageFormat } from '@image-api/driver';
import { qemuFormatNames } from '@image-api/host';
import type { NodeOptions } from '@image-api/qmp';

/** A node of the daemon's block graph, as `blockdev-add` takes it: plain data. */
export type BlockNode = NodeOptions & { readonly 'node-name': string };

export interface AccessOptions {
  /** Refuse every write, also one that the layer above would like to make on its own. Default false. */
  readonly readOnly?: boolean;
}

export interface FileNodeOptions extends AccessOptions {
  /** Go past the page cache, as a guest's disk of much traffic does best. Only where the filesystem can. Default false. */
  readonly direct?: boolean;
  /** `raw` of a block device. Default `file`. */
  readonly kind?: 'file' | 'host_device';
}

/** A file here, by its path: nothing in the name is taken for a protocol. */
export function fileNode(name: string, path: string, { readOnly = false, direct = false, kind = 'file' }: FileNodeOptions = {}): BlockNode {
  return {
    driver: kind,
    'node-name': name,
    filename: path,
    ...access(readOnly),
    ...(direct && { cache: { direct: true, 'no-flush': false } }),
    // What a guest has discarded is to become a hole.
    ...(!readOnly && { discard: 'unmap' }),
  };
}

export interface FormatNodeOptions extends AccessOptions {
  /** Where what is not in this image comes from. Default: nowhere, whatever its header says. */
  readonly backing?: string;
}

/** The image in a file node. The format is always said, never looked for; a backing file that the header names is never opened. */
export function formatNode(
  name: string,
  format: ImageFormat,
  file: string,
  { readOnly = false, backing }: FormatNodeOptions = {},
): BlockNode {
  const driver = qemuFormatNames[format];
  return {
    driver,
    'node-name': name,
    file,
    ...access(readOnly),
    ...(hasBacking.has(driver) && { backing: backing ?? null }),
    ...(!readOnly && { discard: 'unmap', 'detect-zeroes': 'unmap' }),
  };
}

const hasBacking: ReadonlySet<string> = new Set(['qcow2', 'qed', 'vmdk']);

/** Where an NBD server listens. */
export type NbdAddress = { readonly path: string } | { readonly host: string; readonly port: number };

export interface NbdNodeOptions extends AccessOptions {
  /** Wait this long for a server that went away before reads fail. Default 0: fail at once. */
  readonly reconnectSeconds?: number;
}

/** An export of an NBD server. */
export function nbdNode(
  name: string,
  at: NbdAddress,
  exportName: string,
  { readOnly = false, reconnectSeconds = 0 }: NbdNodeOptions = {},
): BlockNode {
  return {
    driver: 'nbd',
    'node-name': name,
    server: 'path' in at ? { type: 'unix', path: at.path } : { type: 'inet', host: at.host, port: String(at.port) },
    export: exportName,
    'reconnect-delay': reconnectSeconds,
    ...access(readOnly),
  };
}

/** Whoever reads through it leaves in `file` what had to come from further below. */
export function copyOnReadNode(name: string, file: string): BlockNode {
  return { driver: 'copy-on-read', 'node-name': name, file, discard: 'unmap' };
}

/** `auto-read-only` would turn what cannot be written into something that is only read, in silence. */
function access(readOnly: boolean): { readonly 'read-only': boolean; readonly 'auto-read-only': false } {
  return { 'read-only': readOnly, 'auto-read-only': false };
}
