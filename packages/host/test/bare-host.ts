import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Host } from '@image-api/driver';
import { findTool } from '../src/find-tool.ts';
import { createHosts } from '../src/index.ts';
import { startSshd } from './real-sshd.ts';

const always = ['sh', 'setsid', 'timeout', 'head', 'sleep', 'grep', 'stat', 'id', 'rm', 'cat'];

export interface Tools {
  /** Real ones, beside the few that every host needs. */
  readonly real?: readonly string[];
  /** Bodies of shell scripts, by name. */
  readonly scripts?: Readonly<Record<string, string>>;
}

/** Do something with a host that has no other tools than these. */
export async function withBareHost(kind: Host['kind'], tools: Tools, work: (host: Host) => Promise<void>): Promise<void> {
  const path = await makeBin(tools);
  const sshd = kind === 'ssh' ? await startSshd({ environment: { PATH: path } }) : undefined;
  const hosts = createHosts(sshd ? { ssh: { configFile: sshd.configFile } } : { environment: { ...process.env, PATH: path } });
  try {
    await work(sshd ? hosts.ssh({ host: sshd.alias }) : hosts.local);
  } finally {
    await hosts.close();
    await sshd?.stop();
    await fs.rm(path, { recursive: true });
  }
}

async function makeBin({ real = [], scripts = {} }: Tools): Promise<string> {
  const bin = await fs.mkdtemp(join(tmpdir(), 'image-api-bin-'));
  for (const tool of [...always, ...real]) await fs.symlink((await findTool(tool, process.env['PATH'])) ?? '', join(bin, tool));
  for (const [name, body] of Object.entries(scripts)) await fs.writeFile(join(bin, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  return bin;
}
