import { isImageError } from '@image-api/driver';
import type { Host } from '@image-api/driver';
import { createPrivateDirectory } from '@image-api/host';

/** Of the oldest version that was tried. */
const oldest = [4, 5] as const;
/** What we start it with. */
const needed = '--profile';
const deadlineMs = 15_000;

const known = new WeakMap<object, Promise<string | undefined>>();

/** Why this machine can have no swarm engine; `undefined` when it can. The program itself is asked, once. */
export function engineFlaw(local: Pick<Host, 'run'>): Promise<string | undefined> {
  const asked = known.get(local) ?? ask(local);
  known.set(local, asked);
  return asked;
}

async function ask(local: Pick<Host, 'run'>): Promise<string | undefined> {
  const directory = createPrivateDirectory();
  // Even when it is only asked for its version, it makes itself at home.
  const options = { environment: { HOME: directory.path, TMPDIR: directory.path }, deadlineMs };
  try {
    const version = await local.run('qbittorrent-nox', ['--version'], options);
    const help = await local.run('qbittorrent-nox', ['--help'], options);
    return flawIn(version.stdout, help.stdout);
  } catch (error) {
    if (isImageError(error)) return error.message;
    throw error;
  } finally {
    directory.remove();
  }
}

/** What does not tell its version is given a chance. Pure. */
export function flawIn(version: string, help: string): string | undefined {
  const [text, ...numbers] = /(\d+)\.(\d+)[.\d]*/.exec(version) ?? [];
  const [major = Infinity, minor = Infinity] = numbers.map(Number);
  if (major < oldest[0] || (major === oldest[0] && minor < oldest[1]))
    return `qbittorrent-nox ${text} is too old: install ${oldest.join('.')} or later`;
  return help.includes(needed) ? undefined : `qbittorrent-nox has no option ${needed}: install the one of your distribution`;
}
