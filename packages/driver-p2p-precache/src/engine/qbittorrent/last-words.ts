import type { LogLine } from './answers.ts';

/** Why an image failed, from the log of the engine: what it tells nowhere else. `undefined` when it does not say. Pure. */
export function lastWords(lines: readonly LogLine[], name: string): string | undefined {
  const message = lines.findLast((line) => line.message.includes(name))?.message;
  const reason = /Reason: "(.*)"$/s.exec(message ?? '')?.[1] ?? message;
  // Its own names for the file say nothing to a reader who gave it another.
  return reason
    ?.replaceAll(/ ?\([^()]*\)/g, '')
    .replaceAll(name, '')
    .trim();
}
