import type { Host } from '@image-api/driver';

/** For answers that may be longer than what a run keeps: the result has all of standard output. */
export function wholeOutput(run: Host['run']): Host['run'] {
  return async (tool, args, options) => {
    const pieces: string[] = [];
    const result = await run(tool, args, { ...options, onStdout: (text) => void pieces.push(text) });
    return { ...result, stdout: pieces.join('') };
  };
}
