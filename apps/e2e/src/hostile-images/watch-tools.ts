import { mkdir, readFile, writeFile } from 'node:fs/promises';
import type { LabHost } from '../lab-host.ts';

const directory = '/srv/watched';
const tools = ['qemu-img', 'qemu-io', 'qemu-nbd', 'qemu-storage-daemon'];

/** Who runs a program of QEMU. */
export interface Watched {
  /** Every call so far on that host, a line each. */
  calls(): Promise<string>;
}

/** Put in the place of each program of QEMU, however it is called, one that writes the call down and then does it. */
export async function watchTools(host: LabHost): Promise<Watched> {
  const log = `${directory}/calls`;
  await mkdir(host.outside(directory));
  await writeFile(host.outside(log), '');
  for (const tool of tools) {
    const { stdout } = await host.run(['sh', '-c', 'realpath "$(command -v "$1")"', 'sh', tool]);
    const program = String(stdout);
    await host.run(['cp', program, `${directory}/${tool}.real`]);
    const script = `#!/bin/sh\nprintf '%s\\n' "${tool} $*" >>${log}\nexec ${directory}/${tool}.real "$@"\n`;
    await writeFile(host.outside(`${directory}/${tool}`), script, { mode: 0o755 });
    await host.run(['mount', '--bind', `${directory}/${tool}`, program]);
  }
  return { calls: () => readFile(host.outside(log), 'utf8') };
}
