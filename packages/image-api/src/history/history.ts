import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@image-api/driver';
import { isOurs, stateDirectory } from '../state/state-directory.ts';
import { formatHistory, parseHistory, withLesson } from './history-text.ts';
import type { Lesson } from './lesson.ts';

/** Routes that are remembered; the one that was not taken for the longest time is forgotten first. */
const keptRoutes = 200;
/** No history is larger: what is was not written by us. In bytes. */
const largest = 64 * 1024;
/** A draft is there for a moment, unless whoever wrote it was killed. */
const draftMs = 60_000;

/**
 * What past copies took, so that the time of the next one can be told: one small file for each route, in
 * `$XDG_STATE_HOME/image-api/history`, else `~/.local/state/image-api/history`.
 *
 * A copy neither needs it, nor waits until it is written, nor fails for want of it: what goes wrong here is a remark for who debugs. A file is always
 * whole. Of two processes that learn of one route in the same moment, one may not be heard.
 */
export class History {
  readonly #directory: string;
  readonly #logger: Logger;
  /** One after the other, so that copies of one process are all heard. */
  #writing: Promise<void> = Promise.resolve();

  constructor(logger: Logger, directory: string = stateDirectory('history')) {
    this.#logger = logger;
    this.#directory = directory;
  }

  /** What is known of a route, oldest first. Never rejects. */
  async lessonsOn(route: string): Promise<readonly Lesson[]> {
    try {
      if (!(await isOurs(this.#directory))) return [];
      const path = this.#pathOf(route);
      const { size } = await stat(path);
      return size > largest ? [] : parseHistory(await readFile(path, 'utf8'), route);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.#remark('what earlier copies took cannot be read', error);
      return [];
    }
  }

  /** Remember a lesson. Returns at once. */
  learn(route: string, lesson: Lesson): void {
    this.#writing = this.#writing
      .then(() => this.#write(route, lesson))
      .catch((error: unknown) => this.#remark('what this copy took cannot be remembered', error));
  }

  /** All that was to be learnt is written, or could not be. */
  settled(): Promise<void> {
    return this.#writing;
  }

  async #write(route: string, lesson: Lesson): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    if (!(await isOurs(this.#directory))) throw new Error(`${this.#directory} can be written to by others`);
    const path = this.#pathOf(route);
    const draft = `${path}.${randomBytes(6).toString('hex')}.draft`;
    const lessons = withLesson(await this.lessonsOn(route), lesson);
    try {
      await writeFile(draft, formatHistory(route, lessons), { mode: 0o600, flag: 'wx' });
      await rename(draft, path);
    } catch (error) {
      await unlink(draft).catch(() => undefined);
      throw error;
    }
    await this.#forget();
  }

  async #forget(): Promise<void> {
    const names = await readdir(this.#directory);
    const routes = names.filter((name) => name.endsWith('.json'));
    const old = routes.length > keptRoutes ? (await this.#byAge(routes)).slice(keptRoutes) : [];
    const drafts = await this.#byAge(names.filter((name) => name.endsWith('.draft')));
    const abandoned = drafts.filter(({ changedMs }) => Date.now() - changedMs > draftMs);
    for (const { path } of [...old, ...abandoned]) await unlink(path).catch(() => undefined);
  }

  /** Newest first. */
  async #byAge(names: readonly string[]): Promise<readonly { readonly path: string; readonly changedMs: number }[]> {
    const files = names.map(async (name) => {
      const path = join(this.#directory, name);
      // Another process has just taken it away: it is as good as new.
      const changedMs = await stat(path).then(
        ({ mtimeMs }) => mtimeMs,
        () => Date.now(),
      );
      return { path, changedMs };
    });
    return (await Promise.all(files)).toSorted((one, other) => other.changedMs - one.changedMs);
  }

  #pathOf(route: string): string {
    return join(this.#directory, `${createHash('sha256').update(route).digest('hex').slice(0, 32)}.json`);
  }

  #remark(what: string, error: unknown): void {
    this.#logger.debug(`${what}: ${error instanceof Error ? error.message : String(error)}`, { directory: this.#directory });
  }
}
