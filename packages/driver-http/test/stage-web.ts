import { stageFiles } from '@image-api/conformance';
import type { MakeStage } from '@image-api/conformance';
import type { Authority, Endpoint } from '@image-api/driver';
import type { FileServer } from './file-server.ts';

/** Copies between files of a temporary directory, of which a web server serves the one, and an ssh host may have the other. */
export function stageWeb(server: () => FileServer, to?: Authority): MakeStage {
  const stage = stageFiles(to && { to });
  return async (content, hosts) => {
    const { hosts: found, ...files } = await stage(content, hosts);
    const path = files.from.path.split('/').map(encodeURIComponent).join('/');
    const { port } = server();
    const authority = { host: '127.0.0.1', port };
    const from: Endpoint = { scheme: 'http', authority, path, params: {}, href: `http://127.0.0.1:${port}${path}` };
    return { ...files, from, hosts: { ...(found.to && { to: found.to }) } };
  };
}
