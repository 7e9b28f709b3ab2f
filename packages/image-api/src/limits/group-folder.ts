import { createHash, randomBytes } from 'node:crypto';
import { closeSync, constants, openSync, readdirSync, readFileSync, rmdirSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fateOfMarked, processMark, sharedDirectory } from '@image-api/host';
import { formatRecord, parseRecord } from './member-record.ts';
import type { MemberRecord } from './member-record.ts';

/** A member's file, as it was found. */
export interface FoundMember {
  /** The name of its file, the same as long as it is a member. */
  readonly id: string;
  /** What its process does; `undefined` for one of another PID namespace. */
  readonly fate: ReturnType<typeof fateOfMarked>;
  /** Absent while it is being written for the first time. */
  readonly record?: MemberRecord;
}

/** The private folder in which the members of one group keep a file each: small, read by all, written only by its owner. */
export interface GroupFolder {
  /** Write this member's own record, into a new file where the old one is lost. */
  write(record: MemberRecord): void;
  /** All members, this one too; files of processes that are gone are removed as they are met. */
  read(): readonly FoundMember[];
  /** Remove what a member of another PID namespace left. */
  remove(id: string): void;
  /** Remove this member's file, and the folder with the last one. */
  close(): void;
  readonly id: string;
}

/**
 * Synchronous on purpose: the files are tiny and in memory, and a heartbeat must not wait behind the copies for a thread.
 *
 * @param parent where groups are kept. Default: the user's runtime directory
 * @throws ImageError `BAD_OPTION` where the folder is not this user's alone
 */
export function openGroupFolder(name: string, parent?: string): GroupFolder {
  const groups = sharedDirectory('groups', parent);
  for (const entry of readdirSync(groups)) sweep(join(groups, entry));
  const key = createHash('sha256').update(name).digest('hex').slice(0, 16);
  const folder = join(groups, key);
  const id = `${processMark()}${randomBytes(3).toString('hex')}`;
  return {
    id,
    write: (record) =>
      persistently(() => {
        sharedDirectory(`groups/${key}`, parent);
        overwrite(join(folder, id), formatRecord(record));
      }),
    read: () => names(folder).map((found) => look(folder, found)),
    remove: (found) => rmSync(join(folder, found), { force: true }),
    close: () => {
      rmSync(join(folder, id), { force: true });
      removeEmpty(folder);
    },
  };
}

/** Groups whose last member was killed go when any group is joined. */
function sweep(folder: string): void {
  for (const id of names(folder)) if (fateOfMarked(id) === 'gone') rmSync(join(folder, id), { force: true });
  removeEmpty(folder);
}

/** The last member to leave removes the folder, maybe between the two steps: then once more. */
function persistently(work: () => void): void {
  for (let tries = 1; ; tries++) {
    try {
      return work();
    } catch (error) {
      if (tries === 10 || (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}

/** In place and in one piece: to rename a new file over it would make a filesystem on a disk flush each time. */
function overwrite(path: string, text: string): void {
  const file = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  try {
    writeSync(file, text, 0);
  } finally {
    closeSync(file);
  }
}

function look(folder: string, id: string): FoundMember {
  const fate = fateOfMarked(id);
  const record = readRecord(join(folder, id));
  if (fate === 'gone') rmSync(join(folder, id), { force: true });
  return { id, fate, ...(record && { record }) };
}

function readRecord(path: string): MemberRecord | undefined {
  try {
    return parseRecord(readFileSync(path, 'latin1'));
  } catch {
    // It left just now.
    return undefined;
  }
}

function names(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => name.startsWith('s'));
  } catch {
    return [];
  }
}

function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Somebody is in it.
  }
}
