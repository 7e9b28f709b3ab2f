import { constants } from 'node:os';
import { idlePrefixes } from './idle-command.ts';
import { quoteForShell } from './quote-for-shell.ts';

/** How often we tell the guard that we live. */
export const beatMs = 5000;
/**
 * How long the guard waits for a sign of life: a connection may go without anybody over there being told. Our ssh gives up after
 * 35 s of silence; what it rides out must not be the end of a tool, and what was held up comes late.
 */
const patience = 45;

/**
 * Runs a tool over there and sees to it that the tool does not outlive us. It reads its own input, which we hold open: first the
 * environment, one `NAME=value` a line up to an empty one, so that no value is ever seen in a list of processes; then a dot now and
 * then. When no more dots come it says so and ends the tool's whole group, by TERM and then KILL.
 *
 * `mark` frames what the tool says, so that neither the greetings of a login shell nor an exit code of ssh is taken for the tool's.
 * Nobody may be there to hear that the tool is ended, hence the `&`. A stopped group would not notice TERM, hence CONT. The dead that nobody has buried yet still make up a group, hence the look into `/proc`. `wait` is silent because a shell remarks on jobs that died.
 */
const script = `
LC_ALL=C; export LC_ALL
PATH=$PATH:/usr/sbin:/sbin
mark=$1 patience=$2 grace=$3 idle=$4; shift 4
while IFS= read -r line && [ "$line" ]; do export "$line"; done
printf '%s\\n' "$mark"
printf '%s\\n' "$mark" >&2
for tool in setsid timeout head sleep grep "$1"; do
  command -v "$tool" >/dev/null 2>&1 || { printf '\\n%s missing %s\\n' "$mark" "$tool" >&2; exit 127; }
done
if [ "$idle" ]; then
${idlePrefixes.map((words) => `command -v ${words[0]} >/dev/null 2>&1 && set -- ${quoteForShell(words)} "$@"`).join('\n')}
fi
exec 3<&0 4>&2 </dev/null
setsid "$@" 3<&- 4>&- &
tool=$!
group() { kill -s "$1" -- "-$tool"; }
lives() { group 0 && grep -qsE "^[0-9]+ \\(.*\\) [^ZX] [0-9]+ $tool " /proc/[0-9]*/stat; }
end() {
  group TERM; group CONT
  ticks=0
  while lives && [ "$ticks" -lt "$grace" ]; do sleep 0.1; ticks=$((ticks + 1)); done
  group KILL
}
{
  while [ "$(exec 4>&-; timeout "$patience" head -c 1 <&3)" ]; do :; done
  printf '\\n%s ending\\n' "$mark" >&4 &
  exec 4>&-
  kill -s TERM "$tool"
  end
} >/dev/null 2>&1 &
watch=$!
exec 3<&- 4>&-
wait "$tool" 2>/dev/null
status=$?
end >/dev/null 2>&1
kill "$watch" 2>/dev/null
printf '\\n%s exit %s\\n' "$mark" "$status" >&2
exit "$status"
`.trim();

/** How a tool is guarded. */
export interface GuardOptions {
  /** From the request to end to KILL. */
  readonly killAfterMs: number;
  /** How long the guard waits for a sign of life. Default 45. */
  readonly patienceSeconds?: number;
  /** See `RunOptions`. */
  readonly idle?: boolean;
}

/** The line for the login shell over there. */
export function guardedCommand(tool: string, args: readonly string[], mark: string, options: GuardOptions): string {
  const { killAfterMs, patienceSeconds = patience, idle = false } = options;
  const settings = [mark, String(patienceSeconds), String(Math.ceil(killAfterMs / 100)), idle ? 'idle' : ''];
  return `exec ${quoteForShell(['sh', '-c', script, 'sh', ...settings, tool, ...args])}`;
}

/** What goes to the guard's input before anything else. */
export function guardedEnvironment(environment: Readonly<Record<string, string>> = {}): string {
  return [...Object.entries(environment).map(([name, value]) => `${name}=${value}`), '', ''].join('\n');
}

/** How a guarded tool ended; `undefined` when the guard did not live to tell, that is, the connection was lost. */
export type GuardedEnd =
  | { readonly exitCode: number; readonly signal: null }
  | { readonly exitCode: null; readonly signal: string }
  | { readonly missing: string };

/** Take standard error apart: the tool's own words, and how it ended. */
export function readGuarded(
  stderr: string,
  mark: string,
): { readonly stderr: string; readonly started: boolean; readonly end: GuardedEnd | undefined } {
  const said = afterMark(stderr, mark);
  const body = (said ?? stderr).replace(`\n${mark} ending\n`, '');
  const from = body.lastIndexOf(`\n${mark} `);
  const [, verdict, detail] = /^\S+ (exit|missing) (.*)/.exec(body.slice(from + 1)) ?? [];
  if (from < 0 || verdict === undefined || detail === undefined) return { stderr: body, started: said !== undefined, end: undefined };
  return { stderr: body.slice(0, from), started: true, end: verdict === 'missing' ? { missing: detail } : exitOf(Number(detail)) };
}

/** What the guard says as soon as it ends the tool because we let go of it. */
export function saysEnding(stderr: string, mark: string): boolean {
  return stderr.includes(`\n${mark} ending\n`);
}

/** What the guard says last. */
export function saysEnd(stderr: string, mark: string): boolean {
  return stderr.includes(`\n${mark} exit `) || stderr.includes(`\n${mark} missing `);
}

/** The text behind the first line that is the mark; `undefined` as long as there is none. */
export function afterMark(text: string, mark: string): string | undefined {
  const at = text.indexOf(`${mark}\n`);
  return at < 0 ? undefined : text.slice(at + mark.length + 1);
}

/** A shell tells death by signal N as status 128 + N. */
export function exitOf(status: number): GuardedEnd {
  const signal = Object.entries(constants.signals).find(([, number]) => status === 128 + number)?.[0];
  return signal === undefined ? { exitCode: status, signal: null } : { exitCode: null, signal };
}
