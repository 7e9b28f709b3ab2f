import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { describeDriver, writeContent } from '@image-api/conformance';
import type { MakeStage } from '@image-api/conformance';
import type { Endpoint } from '@image-api/driver';
import { rsync } from '../src/index.ts';
import { startRsyncDaemon } from './rsync-daemon.ts';
import type { RsyncDaemon } from './rsync-daemon.ts';

let directory = '';
let daemon: RsyncDaemon;
beforeAll(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), 'image-api-rsync-daemon-')));
  daemon = await startRsyncDaemon(directory);
});
afterAll(async () => {
  await daemon.stop();
  await rm(directory, { recursive: true });
});

const idle = {
  'idle: writes by no process, and no thread of this one, of ordinary priority where it was asked for idle':
    'nobody can make a daemon give way, so an idle copy is refused',
};
const wildcard = 'a daemon would take the name for a pattern, so it is refused';
describeDriver('rsync to a daemon', {
  create: () => rsync(),
  stage: stageAtDaemon('to'),
  inPlace: true,
  knownFailures: {
    ...idle,
    'basics: takes the name hash#question?percent%41.raw as it is': wildcard,
    'basics: takes the name bracket[1].raw as it is': wildcard,
    'basics: takes the name star*.raw as it is': wildcard,
  },
});
describeDriver('rsync from a daemon', { create: () => rsync(), stage: stageAtDaemon('from'), knownFailures: idle });

/** One end in a directory that the daemon shows, the other in one it shows, too, but nobody asks it for. */
function stageAtDaemon(side: 'from' | 'to'): MakeStage {
  return async (content, hosts) => {
    const folder = await mkdtemp(join(daemon.directory, 'stage-'));
    const staged = side === 'to' ? content.fileName : `.${content.fileName}.part`;
    const files = { from: join(folder, 'from', content.fileName), to: join(folder, 'to', staged) };
    for (const path of [files.from, files.to]) await mkdir(dirname(path));
    await writeContent(content, files.from);
    const [from, to] = [files.from, files.to].map(endpoint) as [Endpoint, Endpoint];
    const ends = side === 'from' ? { from: shown(folder, files.from), to } : { from, to: shown(folder, files.to) };
    const near = side === 'from' ? { to: hosts.local } : { from: hosts.local };
    return { ...ends, name: ends.to, hosts: near, files, remove: () => rm(folder, { recursive: true, force: true }) };
  };
}

function endpoint(path: string): Endpoint {
  return { scheme: 'file', path, params: {}, href: `file://${encoded(path)}` };
}

function shown(folder: string, file: string): Endpoint {
  const path = `/open/${basename(folder)}/${basename(dirname(file))}/${basename(file)}`;
  const authority = { host: '127.0.0.1', port: daemon.port };
  return { scheme: 'rsync', authority, path, params: {}, href: `rsync://127.0.0.1:${daemon.port}${encoded(path)}` };
}

function encoded(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
