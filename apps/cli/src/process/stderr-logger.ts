import type { Logger } from '@image-api/driver';
import { jsonLine } from '../text/json-line.ts';
import { escapeControls } from '../text/escape-controls.ts';
import type { Output } from '../world.ts';

/** Remarks of the core and the drivers, for `--debug`. */
export function createStderrLogger(stderr: Output): Logger {
  const write = (level: string, message: string, details: Readonly<Record<string, unknown>> = {}): void => {
    const rest = Object.keys(details).length === 0 ? '\n' : ` ${jsonLine(details)}`;
    stderr.write(`imagectl: ${level}: ${escapeControls(message)}${rest}`);
  };
  return {
    debug: (message, details) => write('debug', message, details),
    warn: (message, details) => write('warning', message, details),
  };
}
