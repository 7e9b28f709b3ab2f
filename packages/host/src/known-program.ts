import { createHash } from 'node:crypto';
import { open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { runtimeDirectory, sharedDirectory } from './private-directory.ts';

/** Something that is asked of a program, and whose answer stays the same as long as the program does. */
export interface ProgramQuestion<T> {
  /** Absolute. */
  readonly program: string;
  /** Tells it from other questions to the same program. */
  readonly question: string;
  /** Start the program. */
  ask(): Promise<T>;
  /** Whether an answer is of the right shape, and worth to be remembered. Failures are not: they may have been mended. */
  isKept(answer: unknown): boolean;
}

/**
 * What a program answers, from the runtime directory where it was asked before by any process of this user. It is asked again when it is
 * another than it was. Only of binaries an answer is remembered: a script may stand for a program that changes behind its back.
 *
 * @throws whatever `ask` throws; what cannot be remembered is only asked anew
 */
export async function askProgram<T>(about: ProgramQuestion<T>, ours: NodeJS.ProcessEnv = process.env): Promise<T> {
  const mark = await markOf(about.program);
  const file = mark === undefined ? undefined : fileFor(about, ours);
  if (mark === undefined || file === undefined) return about.ask();
  const known = await recall(file, mark);
  if (about.isKept(known)) return known as T;
  const answer = await about.ask();
  if (about.isKept(answer) && (await isBinary(about.program))) await remember(file, { mark, answer });
  return answer;
}

/** Another number for another program, for the same one written anew, and for a link that leads elsewhere. */
async function markOf(program: string): Promise<string | undefined> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(program, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch {
    return undefined;
  }
}

function fileFor(
  { program, question }: Pick<ProgramQuestion<unknown>, 'program' | 'question'>,
  ours: NodeJS.ProcessEnv,
): string | undefined {
  const key = createHash('sha256')
    .update(JSON.stringify([program, question]))
    .digest('hex')
    .slice(0, 16);
  try {
    return join(sharedDirectory('known-programs', runtimeDirectory(ours)), `${basename(program)}-${key}.json`);
  } catch {
    return undefined;
  }
}

async function recall(file: string, mark: string): Promise<unknown> {
  try {
    const kept = JSON.parse(await readFile(file, 'utf8')) as { readonly mark?: unknown; readonly answer?: unknown } | null;
    return kept?.mark === mark ? kept.answer : undefined;
  } catch {
    return undefined;
  }
}

/** One that is gone by now is none. */
async function isBinary(program: string): Promise<boolean> {
  try {
    const file = await open(program);
    try {
      const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
      return buffer.toString('latin1') === '\u007fELF';
    } finally {
      await file.close();
    }
  } catch {
    return false;
  }
}

async function remember(file: string, kept: { readonly mark: string; readonly answer: unknown }): Promise<void> {
  // Of two who write at once, one may spoil what the other has written: it is asked again, then.
  const part = `${file}.new`;
  try {
    await writeFile(part, JSON.stringify(kept), { mode: 0o600 });
    await rename(part, file);
  } catch {
    await rm(part, { force: true }).catch(() => undefined);
  }
}
