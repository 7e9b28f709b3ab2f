import { isImageError } from '@image-api/driver';
import type { Host, PathStat, RunOptions, RunResult, ToolInfo } from '@image-api/driver';
import { checkRanges } from './check-ranges.ts';
import { joinLanes } from './content-digest.ts';
import { lanes } from './content-thread.ts';
import { errnoFromText } from './errno-from-text.ts';
import { feedScript } from './feed-script.ts';
import { fileError } from './file-error.ts';
import type { FileFailure } from './file-error.ts';
import type { HostFiles } from './local-files.ts';
import { parseStat } from './parse-stat.ts';
import { notAnImage } from './refusal.ts';
import { noPerl, remoteScripts, wrongKind } from './remote-scripts.ts';
import type { RemoteScript } from './remote-scripts.ts';
import { wholeOutput } from './whole-output.ts';
import { toolInfo, versionCommand } from './tool-info.ts';

type Run = Host['run'];

/** Bytes that are there in a moment, and fit into one answer. */
const little = 256 * 1024;

/** Files of a machine reached over ssh; one round trip for each call. @param quick runs what takes a moment */
export function remoteFiles(run: Run, quick: Run, host: string): HostFiles {
  const read = (action: string, path: string, by = run): Asked => ({ run: by, failure: { side: 'source', host, action, path } });
  const write = (action: string, path: string, by = quick): Asked => ({ run: by, failure: { side: 'destination', host, action, path } });
  return {
    stat: async (path, options) => readStat(await ifThere(ask(read('look at', path, quick), 'stat', [path, options?.follow ? '-L' : '']))),
    realPath: async (path) => (await ask(read('find', path, quick), 'realPath', [path])).replace(/\n$/, ''),
    access: async (path, mode) => (await runScript(quick, 'access', [path, mode === 'read' ? 'r' : 'w'])).exitCode === 0,
    read: async (path, ranges) => {
      checkRanges(path, ranges);
      const words = [path, ...ranges.flatMap(({ offset, length }) => [String(offset), String(length)])];
      const isLittle = ranges.reduce((sum, { length }) => sum + length, 0) <= little;
      return readPieces(await ask(read('read', path, isLittle ? quick : wholeOutput(run)), 'read', words), ranges.length);
    },
    digest: async (path, options) => `sha256:${(await sumsOf(read('read', path), path, '', options))[0]}`,
    contentDigest: async (path, options) => {
      try {
        return joinLanes(await sumsOf(read('read', path), path, String(lanes), options));
      } catch (error) {
        if (error === lacksPerl) return undefined;
        throw error;
      }
    },
    renameNew: async (from, to) => void (await ask(write('create', to), 'renameNew', [from, to])),
    renameOver: async (from, to) => void (await ask(write('replace', to), 'renameOver', [from, to])),
    remove: async (path) => void (await ask(write('remove', path), 'remove', [path])),
    setMode: async (path, mode, owner) =>
      void (await ask(write('change the mode of', path), 'setMode', [path, mode.toString(8), owner ? `${owner.uid}:${owner.gid}` : ''])),
    sync: async (path) => void (await ask(write('write to disk', path, run), 'sync', [path])),
  };
}

/** `Host.tool` of a machine reached over ssh. */
export async function askRemoteTool(run: Run, host: string, name: string): Promise<ToolInfo> {
  const result = await runScript(run, 'tool', [name, ...versionCommand(name)], { deadlineMs: 20_000 });
  const [path = '', ...lines] = result.stdout.split('\n');
  if (path === '') return { available: false, reason: `${name} is not installed on ${host}` };
  return toolInfo(name, path, { ...result, stdout: lines.join('\n') });
}

const lacksPerl = new Error('perl is not there');

interface Asked {
  readonly run: Run;
  readonly failure: FileFailure;
}

function runScript(run: Run, script: RemoteScript, words: readonly string[], options?: RunOptions): Promise<RunResult> {
  return run('sh', ['-c', remoteScripts[script], 'sh', ...words], options);
}

async function ask({ run, failure }: Asked, script: RemoteScript, words: readonly string[], options?: RunOptions): Promise<string> {
  const { exitCode, stdout, stderr } = await runScript(run, script, words, options);
  // Of a pipe only the last command's exit is known; the first has its say in words.
  const piped = script === 'read' || script === 'digest';
  if (exitCode === 0 && !(piped && stderr !== '')) return stdout;
  if (exitCode === wrongKind) throw notAnImage(failure.path, failure.host);
  if (exitCode === noPerl) throw lacksPerl;
  throw fileError({ ...failure, said: stderr, errno: errnoFromText(stderr) });
}

async function ifThere(answer: Promise<string>): Promise<string | undefined> {
  try {
    return await answer;
  } catch (error) {
    const errno = isImageError(error) ? error.details['errno'] : undefined;
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return undefined;
    throw error;
  }
}

function readStat(answer: string | undefined): PathStat | undefined {
  if (answer === undefined) return undefined;
  const [line = '', sectors = ''] = answer.split('\n');
  return parseStat(line, sectors === '' ? undefined : Number(sectors) * 512);
}

/** A line for each; one that came to nothing is empty. */
function readPieces(answer: string, count: number): Uint8Array[] {
  const lines = answer.split('\n');
  return Array.from({ length: count }, (_, index) => new Uint8Array(Buffer.from(lines[index] ?? '', 'base64')));
}

/** A digest for each lane; one of all where there are none. */
async function sumsOf(asked: Asked, path: string, lanes: string, options: Parameters<Host['digest']>[1] = {}): Promise<string[]> {
  const length = options.length === undefined ? '' : String(options.length);
  const answer = await ask(asked, 'digest', [path, length, feedScript, lanes], options);
  const sums = answer.match(/^[0-9a-f]{64}/gm) ?? [];
  if (sums.length === Number(lanes || 1)) return sums;
  throw fileError({ ...asked.failure, said: 'the program that makes the digest was ended', errno: undefined });
}
