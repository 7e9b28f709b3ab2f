import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';

/** A web server that serves a folder on the loopback interface. */
export interface Nginx {
  readonly origin: string;
  stop(): Promise<void>;
  /** At the same place as before. */
  start(): Promise<void>;
}

export async function startNginx(folder: string): Promise<Nginx> {
  const port = await freePort();
  const configuration = join(folder, 'nginx.conf');
  await writeFile(configuration, configurationFor(folder, port));
  const words = ['--pdeathsig', 'TERM', '--', 'nginx', '-p', folder, '-c', configuration];
  const origin = `http://127.0.0.1:${port}`;
  let stopRunning = (): Promise<void> => Promise.resolve();
  const nginx: Nginx = {
    origin,
    stop: () => stopRunning(),
    start: async () => {
      const running = execa('setpriv', words, { reject: false, stdin: 'ignore' });
      stopRunning = async () => {
        running.kill('SIGTERM');
        await running;
      };
      while ((await execa('curl', ['-s', '-o', '/dev/null', `${origin}/nginx.conf`], { reject: false })).exitCode !== 0) {
        if (running.exitCode !== null) throw new Error(`nginx does not start: ${(await running).stderr}`);
        await sleep(20);
      }
    },
  };
  await nginx.start();
  return nginx;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function configurationFor(folder: string, port: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`);
  return `${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log stderr;
events {}
http {
  ${temporary.join(' ')}
  access_log off;
  sendfile on;
  tcp_nopush on;
  root ${folder};
  server { listen 127.0.0.1:${port}; }
}
`;
}
