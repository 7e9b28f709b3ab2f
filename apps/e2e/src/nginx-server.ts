import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { LabHost } from './lab-host.ts';

/** A real web server on a host of a lab. */
export interface NginxServer {
  /** Where what lies in its directory can be fetched from. */
  readonly origin: string;
  /** Bytes of files that it sent since it was first started there, as it wrote down when each answer was over. */
  sent(): Promise<number>;
  stop(): Promise<void>;
}

const port = 8081;

/** Serve what lies in `/srv` of a host to the others. One process, which dies with this one. */
export async function startNginx(host: LabHost): Promise<NginxServer> {
  await writeFile(host.outside('/srv/nginx.conf'), configuration);
  const words = ['nginx', '-p', '/srv', '-c', '/srv/nginx.conf'];
  const [file, ...args] = host.enter(['setpriv', '--pdeathsig', 'KILL', '--', ...words]);
  const child = spawn(file, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let complaints = '';
  child.stderr.on('data', (piece: Buffer) => (complaints += piece.toString()));
  for (let round = 0; !(await answers(host)); round += 1) {
    if (child.exitCode !== null || round > 200) throw new Error(`nginx does not answer: ${complaints}`);
    await delay(20);
  }
  return {
    origin: `http://${host.address}:${port}`,
    sent: async () => {
      const lines = (await readFile(host.outside('/srv/sent.log'), 'utf8')).trim().split('\n');
      return lines.reduce((sum, line) => sum + Number(line), 0);
    },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      await host.run(['sh', '-c', 'kill "$(cat /srv/nginx.pid)"']);
      await gone;
    },
  };
}

async function answers(host: LabHost): Promise<boolean> {
  return host.run(['curl', '-s', '-o', '/dev/null', `http://${host.address}:${port}/nginx.conf`]).then(
    () => true,
    () => false,
  );
}

const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `  ${name}_temp_path /srv/nginx-${name};`).join('\n');

const configuration = `user root;
daemon off;
master_process off;
pid /srv/nginx.pid;
error_log stderr;
events {}
http {
${temporary}
  log_format sent $body_bytes_sent;
  access_log /srv/sent.log sent;
  sendfile on;
  root /srv;
  server { listen ${port}; }
}
`;
