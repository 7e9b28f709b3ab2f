import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** A process that is a member of a group and moves bytes that are none, at the rate it is allowed. */
export interface GroupProcess {
  readonly child: ChildProcess;
  /** Bytes per second between two moments of `nowMs()`. */
  rate(fromMs: number, toMs: number): number;
  /** The reasons of its changes so far. */
  reasons(): readonly string[];
  say(command: 'pause' | 'resume' | 'leave' | `budget ${number}`): void;
  end(): Promise<void>;
}

/** The clock that all processes of a machine have in common. */
export function nowMs(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}

/**
 * What a member does: a bucket without a burst, filled at the rate it was last told; an appetite may be less. It moves a piece every few
 * milliseconds, and tells how much it moved. On a busy machine it may be late by as much as 300 ms and still makes up for it.
 */
const code = `
const [directory, name, budget, appetite] = process.argv.slice(2);
const now = () => Number(process.hrtime.bigint() / 1000n) / 1000;
const member = joinGroup(name, { directory, ...(budget !== 'keep' && { budget: Number(budget) }) });
const tell = (event) => process.stdout.write(JSON.stringify({ atMs: now(), ...event }) + '\\n');
let rate = (await member.begin(new AbortController().signal)) ?? Infinity;
tell({ total: 0 });
member.follow(({ bandwidth, reason }) => { rate = bandwidth ?? Infinity; tell({ total, reason }); });
let total = 0, paused = false, lastMs = now();
setInterval(() => {
  const atMs = now();
  const piece = paused ? 0 : Math.min(rate, Number(appetite)) * Math.min(atMs - lastMs, 300) / 1000;
  lastMs = atMs;
  total += piece;
  member.moved(piece);
}, 4);
setInterval(() => tell({ total }), 25);
process.stdin.on('data', async (text) => {
  const [word, number] = String(text).trim().split(' ');
  if (word === 'leave') { await member.close(); process.exit(); }
  if (word === 'budget') await member.setBudget(Number(number));
  else member.paused((paused = word === 'pause'));
});
process.stdin.on('end', () => process.exit());
`;

/** Build the program once, into `folder`; what it returns starts members of it. */
export async function groupProgram(folder: string): Promise<(name: string, budget?: number, appetite?: number) => Promise<GroupProcess>> {
  const from = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
  const packages = from('../../');
  const program = join(folder, 'member.mjs');
  await build({
    stdin: { contents: `import { joinGroup } from './join-group.ts';\n${code}`, resolveDir: from('../src/limits'), loader: 'ts' },
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'silent',
    alias: Object.fromEntries(readdirSync(packages).map((name) => [`@image-api/${name}`, `${packages}${name}/src/index.ts`])),
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  return (name, budget, appetite = 2 ** 30) => start([program, folder, name, String(budget ?? 'keep'), String(appetite)]);
}

/** Resolves when the member is allowed to begin. */
async function start(args: readonly string[]): Promise<GroupProcess> {
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const told: { readonly atMs: number; readonly total: number; readonly reason?: string }[] = [];
  const lines = createInterface(child.stdout);
  lines.on('line', (line) => told.push(JSON.parse(line) as (typeof told)[number]));
  await once(lines, 'line');
  const totalAt = (atMs: number): number => {
    const after = told.findIndex((report) => report.atMs > atMs);
    const [one, other] = [told[after - 1], told[after]];
    if (!one || !other) return told.at(after < 0 ? -1 : 0)?.total ?? 0;
    return one.total + ((other.total - one.total) * (atMs - one.atMs)) / (other.atMs - one.atMs);
  };
  return {
    child,
    rate: (fromMs, toMs) => ((totalAt(toMs) - totalAt(fromMs)) / (toMs - fromMs)) * 1000,
    reasons: () => told.flatMap(({ reason }) => reason ?? []),
    say: (command) => void child.stdin.write(`${command}\n`),
    end: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}
