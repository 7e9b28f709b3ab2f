import { ImageError } from '@image-api/driver';

/** What `qemuStream()` takes, and what one copy may set for itself. */
export interface QemuStreamOptions {
  /**
   * How an image comes that is handed out before it has arrived (`needs: ['readyEarly']`). `now`: the rest comes behind it. `never`: only what is
   * read is fetched, and the copy is over, and incomplete, when the image is let go of. Default `now`.
   */
  readonly stream?: 'now' | 'never';
  /** Whether an image that is handed out early can be written to. Default true. */
  readonly writable?: boolean;
  /** How long whoever reads waits for a source that went away, in milliseconds, before it sees an error. Default 30000. */
  readonly sourceLossMs?: number;
  /** End a copy that makes no progress for this many milliseconds; more is granted where a limit is very low. Default 60000. */
  readonly stallMs?: number;
  /** Bytes of address space of each program of QEMU. Default 4 GiB. */
  readonly memory?: number;
  /** Seconds of processor time of a program of QEMU that no guest gives work to. Default: as many as it takes. */
  readonly cpuSeconds?: number;
  /** Write compressed clusters where a whole image is converted to qcow2. Default false. */
  readonly compress?: boolean;
  /** Where to stop when the images below a running disk are pulled into it: the path of the image that stays below. Default: nothing stays. */
  readonly base?: string;
  /** Which image of a running disk takes in those below it: its path. Default: the one that is written to. */
  readonly into?: string;
}

/** With the defaults. */
export type Settings = QemuStreamOptions &
  Required<Pick<QemuStreamOptions, 'writable' | 'sourceLossMs' | 'stallMs' | 'memory' | 'compress'>>;

const mib = 2 ** 20;
const defaults = { writable: true, sourceLossMs: 30_000, stallMs: 60_000, memory: 4096 * mib, compress: false } as const;

interface Rule {
  readonly fits: (value: unknown) => boolean;
  readonly words: string;
}

const aboveZero = (value: unknown): boolean => typeof value === 'number' && value > 0 && Number.isFinite(value);
const isBoolean = (value: unknown): boolean => typeof value === 'boolean';
const isPath = (value: unknown): boolean => typeof value === 'string' && value.startsWith('/');

const rules: Readonly<Record<keyof QemuStreamOptions, Rule>> = {
  stream: { fits: (value) => value === 'now' || value === 'never', words: "'now' or 'never'" },
  writable: { fits: isBoolean, words: 'true or false' },
  sourceLossMs: { fits: (value) => value === 0 || aboveZero(value), words: 'a number of milliseconds, 0 for no waiting' },
  stallMs: { fits: aboveZero, words: 'a number of milliseconds above 0' },
  // With less the daemon itself does not start.
  memory: { fits: (value) => aboveZero(value) && Number(value) >= 512 * mib, words: 'a number of bytes, 512 MiB or more' },
  cpuSeconds: { fits: aboveZero, words: 'a number of seconds above 0' },
  compress: { fits: isBoolean, words: 'true or false' },
  base: { fits: isPath, words: 'an absolute path' },
  into: { fits: isPath, words: 'an absolute path' },
};

/**
 * The options of the factory, then those of one copy, over the defaults.
 *
 * @throws ImageError BAD_OPTION for a name or value that is not an option
 */
export function qemuStreamOptions(...layers: readonly QemuStreamOptions[]): Settings {
  const given: Record<string, unknown> = Object.assign({}, ...layers);
  for (const [name, value] of Object.entries(given)) {
    const rule = Object.hasOwn(rules, name) ? rules[name as keyof QemuStreamOptions] : undefined;
    if (!rule) throw badOption(`it has no option ${JSON.stringify(name)}; it takes ${Object.keys(rules).join(', ')}`);
    if (value !== undefined && !rule.fits(value)) throw badOption(`${name} is ${JSON.stringify(value)}; it takes ${rule.words}`);
  }
  const known = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { ...defaults, ...known };
}

function badOption(what: string): ImageError {
  return new ImageError(`driver qemu-stream: ${what}`, { code: 'BAD_OPTION', origin: 'caller', driver: 'qemu-stream', untouched: true });
}
