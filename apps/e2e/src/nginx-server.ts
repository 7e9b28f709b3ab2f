import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { LabHost } from './lab-host.ts';

/** A real web server on a host of a lab. */
export interface NginxServer {
  /** Where what lies in its directory can be fetched from. */
  readonly origin: string;
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
  access_log off;
  sendfile on;
  root /srv;
  server { listen ${port}; }
}
`;
