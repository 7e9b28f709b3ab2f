import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A private folder for everything a check writes. It goes when the process ends, however it is told to. */
export const workFolder = mkdtempSync(join(tmpdir(), 'image-api-check-'));

process.once('exit', () => rmSync(workFolder, { recursive: true, force: true }));
