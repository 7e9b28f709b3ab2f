import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isOurs, stateDirectory } from '../state/state-directory.ts';

/** A staging file this user's copies have made somewhere, as it is written down. */
export interface LedgerEntry {
  /** URI of the staging file. */
  readonly staging: string;
  /** URI of the destination. */
  readonly to: string;
  readonly from: string;
  /** ISO 8601. */
  readonly startedAt: string;
}

/**
 * Where staging files may be found that a killed copy left: one small file for each, in `$XDG_STATE_HOME/image-api/staging`, else
 * `~/.local/state/image-api/staging`. Written when a staging file is taken, removed with it.
 *
 * It only helps to find them. A copy neither needs it nor fails for want of it, so what goes wrong here is not told; and what it says
 * is never trusted: a file is removed by its name, its owner and its lock.
 */
export class Ledger {
  readonly #directory: string;

  constructor(directory: string = stateDirectory('staging')) {
    this.#directory = directory;
  }

  async enter(entry: LedgerEntry): Promise<void> {
    try {
      await mkdir(this.#directory, { recursive: true, mode: 0o700 });
      if (!(await isOurs(this.#directory))) return;
      const path = this.#pathOf(entry.staging);
      // Who writes holds the staging file, so nobody else writes this. The next one who strikes it out takes a dead one's draft along.
      await writeFile(draftOf(path), `${JSON.stringify(entry)}\n`, { mode: 0o600 });
      await rename(draftOf(path), path);
    } catch {
      // A home that is full, or read-only: the copy is worth more than the note.
    }
  }

  async strike(staging: string): Promise<void> {
    const path = this.#pathOf(staging);
    for (const name of [path, draftOf(path)]) await unlink(name).catch(() => undefined);
  }

  /** All that are written down. What cannot be read is left out. */
  async entries(): Promise<readonly LedgerEntry[]> {
    // Others could make us look for files where they like.
    if (!(await isOurs(this.#directory))) return [];
    const names = await readdir(this.#directory).catch(() => []);
    const entries = await Promise.all(names.filter((name) => name.endsWith('.json')).map((name) => this.#read(name)));
    return entries.filter((entry) => entry !== undefined);
  }

  async #read(name: string): Promise<LedgerEntry | undefined> {
    try {
      const entry: unknown = JSON.parse(await readFile(join(this.#directory, name), 'utf8'));
      return isEntry(entry) ? entry : undefined;
    } catch {
      return undefined;
    }
  }

  #pathOf(staging: string): string {
    return join(this.#directory, `${createHash('sha256').update(staging).digest('hex').slice(0, 32)}.json`);
  }
}

function draftOf(path: string): string {
  return `${path}.draft`;
}

function isEntry(value: unknown): value is LedgerEntry {
  const entry = value as Partial<Record<keyof LedgerEntry, unknown>> | null;
  return (['staging', 'to', 'from', 'startedAt'] as const).every((key) => typeof entry?.[key] === 'string');
}
