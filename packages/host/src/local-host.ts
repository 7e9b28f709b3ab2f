import type { Host, ToolInfo } from '@image-api/driver';
import { claimLocally } from './claim-locally.ts';
import { duplicateWith } from './duplicate-with.ts';
import { findTool } from './find-tool.ts';
import { askProgram } from './known-program.ts';
import { localFiles } from './local-files.ts';
import { localSpace } from './local-space.ts';
import { remembered } from './remembered.ts';
import { runLocal } from './run-local.ts';
import { spaceWith } from './space-with.ts';
import { sweepLocally } from './sweep-locally.ts';
import { toolInfo, versionCommand } from './tool-info.ts';

/** This machine. */
export function createLocalHost(ours: NodeJS.ProcessEnv): Host {
  const run: Host['run'] = (tool, args, options) => runLocal(ours, tool, args, options);
  return {
    kind: 'local',
    id: 'local',
    run,
    tool: remembered((name) => askTool(name, ours)),
    ...localFiles(ours),
    claim: (path, options) => claimLocally(path, ours, options),
    sweep: (directory, options) => sweepLocally(directory, options, ours),
    space: localSpace(spaceWith(run, 'local')),
    duplicate: duplicateWith(run, 'local'),
  };
}

async function askTool(name: string, ours: NodeJS.ProcessEnv): Promise<ToolInfo> {
  const path = await findTool(name, ours['PATH']);
  if (path === undefined) return { available: false, reason: `${name} is not installed on this machine` };
  const [asked, ...args] = versionCommand(name);
  // Of scp it is ssh that tells the version.
  const program = (await findTool(asked, ours['PATH'])) ?? path;
  const ask = async (): Promise<ToolInfo> => toolInfo(name, path, await runLocal(ours, asked, args, { deadlineMs: 10_000 }));
  return askProgram({ program, question: JSON.stringify([name, path, ...args]), ask, isKept: isFound }, ours);
}

/** Of the shape of an answer, and one that does not call for anything to be mended. */
function isFound(answer: unknown): answer is ToolInfo {
  const { available, path, version, about } = (answer ?? {}) as Readonly<Record<string, unknown>>;
  return available === true && [path, version, about].every((text) => typeof text === 'string') && version !== 'unknown';
}
