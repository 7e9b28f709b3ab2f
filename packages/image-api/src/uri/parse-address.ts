import type { Authority, Endpoint } from '@image-api/driver';
import { checkFilePath, checkPathLength } from './check-path.ts';
import { decodeFilePath, decodePart } from './decode-part.ts';
import { localPath } from './local-path.ts';
import { parseAuthority } from './parse-authority.ts';
import { parseParams } from './parse-params.ts';
import { percentNormalise } from './percent.ts';
import { badEndpoint, badPath } from './uri-error.ts';

/** An endpoint before its canonical text is known. */
export type AddressParts = Omit<Endpoint, 'href'>;

/**
 * Understand what stands behind `scheme://`.
 *
 * @param text the whole address, for messages
 */
export function parseAddress(scheme: string, rest: string, text: string): AddressParts {
  const form = forms[scheme] ?? otherForm;
  const [address = '', ...query] = refuseFragment(rest, text).split('?');
  if (query.length > 0 && !form.params)
    throw badEndpoint(text, 'has a ?, which begins parameters', 'write %3F for a ? in a name, or give a plain path');
  const slash = address.includes('/') ? address.indexOf('/') : address.length;
  const authority = form.host(address.slice(0, slash), text);
  const path = form.path(address.slice(slash), text);
  const params = parseParams(query.join('?'), scheme.startsWith('http'), text);
  if (scheme === 'nbd+unix' && !params['socket'])
    throw badEndpoint(text, 'names no socket', 'write nbd+unix:///export?socket=/path/to/socket');
  return { scheme, ...(authority && { authority }), path, params };
}

/** How the parts of a scheme's addresses are read. */
interface Form {
  readonly host: (raw: string, text: string) => Authority | undefined;
  readonly path: (raw: string, text: string) => string;
  readonly params: boolean;
}

const otherForm: Form = { host: anyHost, path: anyPath, params: true };
const webForm: Form = { host: parseAuthority, path: webPath, params: true };
const forms: Readonly<Record<string, Form>> = {
  file: { host: thisMachine, path: (raw, text) => localPath(decodeFilePath(raw || '/', text), text), params: false },
  ssh: { host: parseAuthority, path: sshPath, params: false },
  rsync: { host: parseAuthority, path: rsyncPath, params: false },
  http: webForm,
  https: webForm,
  nbd: { host: parseAuthority, path: anyPath, params: true },
  'nbd+unix': { host: noHost, path: anyPath, params: true },
  'qmp+unix': { host: noHost, path: (raw, text) => checkFilePath(decodeFilePath(raw, text), text), params: true },
  p2p: { host: noSlashes, path: anyPath, params: true },
};

function refuseFragment(rest: string, text: string): string {
  if (!rest.includes('#')) return rest;
  throw badEndpoint(text, 'has a #, which means nothing here', 'write %23 for a # in a name, or give a plain path');
}

function anyHost(raw: string, text: string): Authority | undefined {
  return raw === '' ? undefined : parseAuthority(raw, text);
}

function thisMachine(raw: string, text: string): undefined {
  if (raw === '' || raw.toLowerCase() === 'localhost') return;
  throw badEndpoint(text, 'is a file: address that names a host', 'write file:///path for a file here, or ssh://host/path');
}

function noHost(raw: string, text: string): undefined {
  if (raw !== '') throw badEndpoint(text, 'names a host, but a socket is always here', 'write three slashes: scheme:///path');
}

function noSlashes(_raw: string, text: string): undefined {
  throw badEndpoint(text, 'has slashes after p2p:', 'write p2p:sha256-… as it was published');
}

function anyPath(raw: string, text: string): string {
  const path = decodePart(raw || '/', text);
  checkPathLength(path, text);
  return path;
}

function sshPath(raw: string, text: string): string {
  if (!/^\/~(?:\/|$)/.test(raw)) return checkFilePath(decodeFilePath(raw, text), text);
  return checkFilePath(decodeFilePath(raw.replace(/^\/~\/*/, ''), text), text);
}

function rsyncPath(raw: string, text: string): string {
  const path = checkFilePath(decodeFilePath(raw, text), text);
  if (path.indexOf('/', 1) !== -1) return path;
  throw badEndpoint(text, 'names an rsync module, not a file in it', 'write rsync://host/module/path');
}

function webPath(raw: string, text: string): string {
  const names = raw.split('/').map((name) => decodePart(name, text));
  if (names.includes('..')) throw badPath(text, 'goes up with ..', 'write the path it leads to');
  return percentNormalise(raw || '/');
}
