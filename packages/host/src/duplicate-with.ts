import type { Host } from '@image-api/driver';
import { errnoFromText } from './errno-from-text.ts';
import { fileError } from './file-error.ts';

/** `Host.duplicate` by the `cp` of the host. */
export function duplicateWith(run: Host['run'], host: string): Host['duplicate'] {
  return async (from, to, options) => {
    const { tool, args } = duplicateCommand(from, to);
    const { exitCode, stderr } = await run(tool, args, options);
    if (exitCode === 0) return;
    // cp names the file it could not deal with; reading is the only thing it does to the first.
    const reading = /error reading|cannot (stat|open) .* for reading|cannot stat|omitting directory/.test(stderr);
    throw fileError({
      side: reading ? 'source' : 'destination',
      host,
      path: reading ? from : to,
      action: reading ? 'read' : 'write',
      said: stderr,
      errno: errnoFromText(stderr),
    });
  };
}

/** What `Host.duplicate` runs. */
export function duplicateCommand(from: string, to: string): { readonly tool: string; readonly args: readonly string[] } {
  return { tool: 'cp', args: ['--reflink=auto', '--sparse=auto', '--no-target-directory', '--', from, to] };
}
