import { stringify } from 'lossless-json';
import { QmpError } from './qmp-error.ts';
import type { QmpObject } from './qmp-value.ts';

/**
 * The line that carries a command.
 *
 * @throws QmpError `argument` when a number in it is no whole number, or so large that it may not be the one that was meant
 */
export function printCommand(command: string, id: number, commandArguments: QmpObject | undefined): string {
  const inexact = inexactNumber(commandArguments, 'arguments');
  if (inexact)
    throw new QmpError(`${command}: ${inexact} cannot be sent exactly; give a whole number, beyond 2^53 as a bigint`, { kind: 'argument' });
  return `${stringify({ execute: command, id, arguments: commandArguments })}\n`;
}

/** The first number that is not exact, with the way to it. */
function inexactNumber(value: unknown, path: string): string | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? undefined : `${path} = ${value}`;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [name, member] of Object.entries(value)) {
    const found = inexactNumber(member, `${path}.${name}`);
    if (found) return found;
  }
  return undefined;
}
