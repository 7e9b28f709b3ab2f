import { configError } from './config-error.ts';
import type { Config, DriverEntry } from './config.ts';

/**
 * A rule with a misspelt driver would quietly do nothing, and so would a driver listed twice.
 *
 * @throws ImageError BAD_CONFIG or UNKNOWN_DRIVER
 */
export function checkDriverNames({ drivers, rules = [] }: Config, { file }: { readonly file?: string }): void {
  const ids = drivers?.map(idOf);
  if (!ids) return;
  const twice = ids.findIndex((id, index) => ids.indexOf(id) < index);
  if (twice !== -1) throw configError({ file, keys: ['drivers', twice] }, `${ids[twice]} is listed twice`);
  // Which driver a package holds is known only once it is loaded.
  if (ids.some((id) => id.startsWith('@') || id.startsWith('image-api-driver-'))) return;
  for (const [index, rule] of rules.entries()) {
    for (const key of ['use', 'avoid'] as const) checkNames(rule[key] ?? [], ids, { file, keys: ['rules', index, key] });
  }
}

function idOf(entry: DriverEntry): string {
  if (typeof entry === 'string') return entry;
  return 'transfer' in entry ? entry.id : entry[0];
}

function checkNames(
  names: readonly string[],
  ids: readonly string[],
  { file, keys }: { readonly file: string | undefined; readonly keys: readonly (string | number)[] },
): void {
  const unknown = names.findIndex((name) => !ids.includes(name));
  if (unknown === -1) return;
  const problem = `no driver ${JSON.stringify(names[unknown])} is configured; there are ${ids.join(', ') || 'none'}`;
  throw configError({ file, keys: [...keys, unknown] }, problem, undefined, 'UNKNOWN_DRIVER');
}
