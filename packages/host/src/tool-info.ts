import type { RunResult, ToolInfo } from '@image-api/driver';
import { escapeControl } from './escape-control.ts';

/** The command that makes a tool tell its version; scp has no way to and is always of the same make as ssh. */
export function versionCommand(tool: string): readonly [string, ...string[]] {
  if (tool === 'ssh' || tool === 'scp' || tool === 'sftp') return ['ssh', '-V'];
  return [tool, '--version'];
}

/** Judge what came of it. A tool that runs but has no such option is there all the same. */
export function toolInfo(tool: string, path: string, result: Pick<RunResult, 'exitCode' | 'stdout' | 'stderr'>): ToolInfo {
  const about = (result.stdout.trim() || result.stderr.trim()).slice(0, 16_384);
  const startFailed = result.exitCode === null || result.exitCode === 126 || result.exitCode === 127;
  if (startFailed) return { available: false, reason: `${tool} does not start: ${escapeControl(lastLine(about)) || 'it was killed'}` };
  if (result.exitCode !== 0) return { available: true, path, version: 'unknown', about };
  return { available: true, path, version: versionIn(about) ?? 'unknown', about };
}

function versionIn(about: string): string | undefined {
  return /\d+\.\d+(?:\.\d+)*(?:p\d+)?/.exec(about)?.[0];
}

function lastLine(text: string): string {
  return text.split('\n').at(-1) ?? '';
}
