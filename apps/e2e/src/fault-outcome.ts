import { lstat, readdir } from 'node:fs/promises';
import { posix } from 'node:path';
import type { AttemptRecord, Progress } from 'image-api';
import { expect } from 'vitest';
import type { Again, Beside, Ending, Holder, Over, Promised } from './fault-matrix.ts';
import type { Scene } from './fault-scene.ts';
import { sha256 } from './image-files.ts';
import type { ImagectlResult } from './imagectl.ts';
import { linesOf, resultOf } from './result-lines.ts';
import type { ResultLine } from './result-lines.ts';

/** How a copy that a fault hit ended, in the words of the matrix. */
export interface Outcome {
  readonly ends: Ending;
  readonly name: Holder | 'a torn image';
  readonly beside: readonly string[];
}

/** Look at a copy that a fault hit, and expect of it what holds for every fault, and what was promised of this one. */
export async function expectOutcome(result: ImagectlResult, scene: Scene, promised: Promised, secret: string): Promise<Outcome> {
  const outcome = { ends: endOf(result), name: await holderOf(scene), beside: await besideOf(scene) };
  expect(promised.ends, result.story).toContain(outcome.ends);
  expect(promised.name, `the name is held by ${outcome.name}\n${result.story}`).toContain(outcome.name);
  expect(promised.beside, `left: ${outcome.beside.join(' ')}\n${result.story}`).toContain(wordFor(outcome.beside));
  if (outcome.ends === 'DONE') expect(outcome.name, result.story).toBe('the new image');
  if (outcome.ends === 'DONE' && promised.over) expect(promised.over, result.story).toContain(overOf(result));
  expectToldWell(result, outcome.ends, secret);
  return outcome;
}

/** For when the fault is gone: a bad disk cannot be read before. */
export async function expectSourceUntouched(scene: Scene): Promise<void> {
  if (!scene.changes) expect(await sha256(outside(scene, 'from')), 'the source is untouched').toBe(scene.digest);
}

/** The same copy without the fault: it is complete and alone, and went on from what was left if that was promised. */
export async function expectAgain(result: ImagectlResult, scene: Scene, promised: Promised, secret: string): Promise<Again> {
  const last = linesOf(result).at(-1);
  const attempts = (last?.['attempts'] ?? []) as readonly AttemptRecord[];
  const went = attempts.some(({ kept = 0 }) => kept > 0) ? 'goes on' : 'begins anew';
  const again = last?.['code'] === 'DESTINATION_EXISTS' ? 'is told it exists' : went;
  expectToldWell(result, again === 'is told it exists' ? 'DESTINATION_EXISTS' : 'DONE', secret);
  expect(promised.again, result.story).toContain(again);
  expect(await besideOf(scene), `left by the second copy\n${result.story}`).toEqual([]);
  expect(await sha256(outside(scene, 'to')), result.story).toBe(await sha256(outside(scene, 'from')));
  return again;
}

/** What a program is told: one object a line, one end, progress that never goes back, and no secret anywhere. */
function expectToldWell(result: ImagectlResult, ends: Ending, secret: string): void {
  expect(endOf(result), result.story).toBe(ends);
  expect(`${result.stdout}${result.stderr}`, 'a secret was told').not.toContain(secret);
  const lines = ends === 'KILLED' ? linesOf({ ...result, stdout: wholeLines(result.stdout) }) : linesOf(result);
  const terminal = lines.filter(({ type }) => type === 'result' || type === 'error');
  expect(terminal, result.story).toHaveLength(ends === 'KILLED' ? 0 : 1);
  if (ends !== 'KILLED') expect(lines.at(-1), result.story).toBe(terminal[0]);
  expectMonotonic(lines, result.story);
}

/** Within one try: the next one may begin anew. */
function expectMonotonic(lines: readonly ResultLine[], story: string): void {
  let position = 0;
  for (const line of lines) {
    if (line.type === 'attempt') position = 0;
    if (line.type !== 'progress') continue;
    const { bytesLogical, total } = line as unknown as Progress;
    expect(bytesLogical, `progress goes back\n${story}`).toBeGreaterThanOrEqual(position);
    if (total?.certainty === 'exact') expect(bytesLogical, `more than all\n${story}`).toBeLessThanOrEqual(total.bytes);
    position = bytesLogical;
  }
}

function endOf(result: ImagectlResult): Ending {
  if (result.exitCode === undefined) return 'KILLED';
  if (result.exitCode === 0) return 'DONE';
  const last = linesOf(result).at(-1);
  expect(last, `a failure is told as the last line\n${result.story}`).toMatchObject({ type: 'error', exitStatus: result.exitCode });
  return last?.['code'] as Ending;
}

function overOf(result: ImagectlResult): Over {
  const { attempts } = resultOf(result);
  if (attempts.length === 1) return 'in the same try';
  return (attempts.at(-1)?.kept ?? 0) > 0 ? 'another try goes on' : 'another try begins anew';
}

async function holderOf(scene: Scene): Promise<Outcome['name']> {
  const path = outside(scene, 'to');
  const found = await lstat(path).catch(() => undefined);
  if (!found) return 'nothing';
  if (!found.isFile()) return 'what was put there';
  const digest = await sha256(path);
  if (digest === scene.digest) return 'the new image';
  if (digest === scene.oldDigest) return 'the old image';
  return digest === scene.strangerDigest ? 'what was put there' : 'a torn image';
}

/** Names in the destination's directory that were not there before and are not the destination's. */
async function besideOf({ to, others }: Scene): Promise<readonly string[]> {
  const names = await readdir(to.host.outside(posix.dirname(to.path)));
  return names.filter((name) => name !== posix.basename(to.path) && !others.includes(name));
}

function wordFor(names: readonly string[]): Beside | 'files of ours' {
  if (names.length === 0) return 'nothing';
  return names.length === 1 && /^\..*\.part$/.test(names[0] ?? '') ? 'a staging file' : 'files of ours';
}

function outside(scene: Scene, end: 'from' | 'to'): string {
  return scene[end].host.outside(scene[end].path);
}

/** Who is killed may have been in the middle of a line. */
function wholeLines(text: string): string {
  return text.slice(0, text.lastIndexOf('\n') + 1);
}
