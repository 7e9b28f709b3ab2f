import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Authority, Endpoint, Host } from '@image-api/driver';
import type { Hosts } from '@image-api/host';
import { writeContent } from './content/write-content.ts';
import type { MakeStage, Stage } from './stage.ts';

/**
 * Copies between files of a temporary directory.
 *
 * An end with an authority is reached over ssh. Its host must see the same files: an sshd of the test's own on the loopback
 * interface does.
 */
export function stageFiles(over: { readonly from?: Authority; readonly to?: Authority } = {}): MakeStage {
  return async (content, hosts) => {
    const folder = await mkdtemp(join(await realpath(tmpdir()), 'image-api-conformance-'));
    const paths = {
      from: join(folder, 'from', content.fileName),
      to: join(folder, 'to', `.${content.fileName}.conformance.part`),
      name: join(folder, 'to', content.fileName),
    };
    for (const path of [paths.from, paths.to]) await mkdir(dirname(path));
    await writeContent(content, paths.from);
    const stage: Stage = {
      from: endpoint(paths.from, over.from),
      to: endpoint(paths.to, over.to),
      name: endpoint(paths.name, over.to),
      hosts: { from: hostOf(hosts, over.from), to: hostOf(hosts, over.to) },
      files: { from: paths.from, to: paths.to },
      remove: () => rm(folder, { recursive: true, force: true }),
    };
    return stage;
  };
}

function endpoint(path: string, authority: Authority | undefined): Endpoint {
  const encoded = path.split('/').map(encodeURIComponent).join('/');
  if (!authority) return { scheme: 'file', path, params: {}, href: `file://${encoded}` };
  const { host, port, user } = authority;
  const address = `${user === undefined ? '' : `${user}@`}${host.includes(':') ? `[${host}]` : host}${port === undefined ? '' : `:${port}`}`;
  return { scheme: 'ssh', authority, path, params: {}, href: `ssh://${address}${encoded}` };
}

function hostOf(hosts: Hosts, authority: Authority | undefined): Host {
  return authority ? hosts.ssh(authority) : hosts.local;
}
