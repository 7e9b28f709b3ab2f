import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { LabHost } from './lab-host.ts';

/** How an image on another host can be read there. */
export type ServedBy = 'http' | 'nbd' | 'ssh';

export interface ImageServer {
  /** The image, as a copy on another host names it. */
  readonly address: string;
  /** Nothing is served any more; who was being served notices by a connection that ends, or by silence. */
  stop(): Promise<void>;
}

const program = fileURLToPath(new URL('../test/programs/serve-image.mjs', import.meta.url));

/** Serve a raw image that lies on a host of a lab to the others. Dies with this process. */
export async function serveImage(host: LabHost, servedBy: ServedBy, path: string): Promise<ImageServer> {
  if (servedBy === 'ssh') return { address: `${host.name}:${path}`, stop: () => Promise.resolve() };
  const [port, address] = servedBy === 'http' ? [8080, `http://${host.address}:8080/disk.raw`] : [10_809, `nbd://${host.address}/disk`];
  const child = servedBy === 'http' ? serveHttp(host, path, port) : serveNbd(host, path, port);
  let complaints = '';
  child.stderr?.on('data', (piece: Buffer) => (complaints += piece.toString()));
  for (let round = 0; !(await isListening(host, port)); round += 1) {
    if (child.exitCode !== null || round > 500) throw new Error(`${servedBy} is not served: ${complaints}`);
    await delay(10);
  }
  return { address, stop: () => end(child) };
}

/** In the network of the host only: a far host may not see the programs of this repository. */
function serveHttp(host: LabHost, path: string, port: number): ChildProcess {
  const enter = ['nsenter', `--target=${host.pid}`, '--net', '--'];
  const words = ['--pdeathsig', 'KILL', '--', ...enter, process.execPath, program, host.outside(path), String(port)];
  return spawn('setpriv', words, { stdio: ['ignore', 'ignore', 'pipe'] });
}

function serveNbd(host: LabHost, path: string, port: number): ChildProcess {
  const words = ['--read-only', '--format=raw', '--persistent', '--shared=8', '--export-name=disk', `--port=${port}`, path];
  const [file, ...args] = host.enter(['setpriv', '--pdeathsig', 'KILL', '--', 'qemu-nbd', ...words]);
  return spawn(file, args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

async function isListening(host: LabHost, port: number): Promise<boolean> {
  const wanted = new RegExp(`:${port.toString(16).toUpperCase().padStart(4, '0')} 0+:0000 0A`);
  const tables = await Promise.all(['tcp', 'tcp6'].map((table) => readFile(`/proc/${host.pid}/net/${table}`, 'utf8')));
  return tables.some((table) => wanted.test(table));
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}
