import * as v from 'valibot';
import { imageFormats } from '../plan/check-options.ts';
import type { DriverEntry } from './config.ts';

/** What a config may hold. Each message says what belongs there; whoever reports it adds the path and what was found. */
export const configSchema: v.GenericSchema = object({
  drivers: v.optional(atLeastOne(v.custom<DriverEntry>(isDriverEntry, 'a driver name, a driver, or [name, options]'), 'driver')),
  limits: limits(),
  rules: v.optional(
    list(
      object({
        from: pattern(),
        to: pattern(),
        when: facts(),
        use: v.optional(atLeastOne(driverName(), 'driver name')),
        avoid: v.optional(list(driverName())),
        limits: limits(),
      }),
    ),
  ),
  facts: facts(),
  concurrency: wholeNumber(1),
  verify: v.optional(v.picklist(['none', 'size', 'content', 'sha256', 'read-back'], "'none', 'size', 'content', 'sha256' or 'read-back'")),
  ssh: v.optional(object({ configFile: v.optional(v.pipe(v.string('a file name'), v.minLength(1, 'a file name'))) })),
  retry: v.optional(object({ attempts: wholeNumber(1), delayMs: wholeNumber(0), deadlineMs: wholeNumber(0) })),
  control: v.optional(v.boolean('true or false')),
  history: v.optional(v.boolean('true or false')),
  images: v.optional(
    object({
      formats: v.optional(atLeastOne(v.picklist(imageFormats, `one of ${imageFormats.join(', ')}`), 'format')),
      maxVirtualSize: v.optional(v.union([v.string(), v.number()], "a size such as '4TiB', or 'none'")),
      backingRoots: v.optional(atLeastOne(v.pipe(v.string('a directory'), v.startsWith('/', 'an absolute directory')), 'directory')),
    }),
  ),
});

function object(entries: v.ObjectEntries): v.GenericSchema {
  const known = `no such key; there are ${Object.keys(entries).join(', ')}`;
  return v.pipe(
    notList(),
    v.strictObject(entries, ({ expected }) => (expected === 'never' ? known : 'an object')),
  );
}

/** To JavaScript a list is an object as well. */
function notList(): v.GenericSchema {
  return v.custom<object>(isObject, 'an object');
}

function list<T extends v.GenericSchema>(item: T): v.ArraySchema<T, string> {
  return v.array(item, 'a list');
}

function atLeastOne(item: v.GenericSchema, what: string): v.GenericSchema {
  return v.pipe(list(item), v.minLength(1, `at least one ${what}`));
}

function limits(): v.GenericSchema {
  return v.optional(object({ bandwidth: v.optional(v.union([v.string(), v.number()], "a rate such as '20MiB/s', or 'none'")) }));
}

function pattern(): v.GenericSchema {
  const isPattern = (text: unknown): boolean => typeof text === 'string' && /[:*]/.test(text) && !text.startsWith('/');
  return v.optional(v.custom<string>(isPattern, 'a pattern for URIs, such as ssh://** or file:///images/**'));
}

function facts(): v.GenericSchema {
  const value = v.union([v.string(), v.number(), v.boolean()], 'a text, a number, true or false');
  return v.optional(v.pipe(notList(), v.record(v.string(), value)));
}

function driverName(): v.GenericSchema {
  return v.pipe(v.string('a driver name'), v.minLength(1, 'a driver name'));
}

function wholeNumber(least: number): v.GenericSchema {
  const expected = `a whole number from ${least} up`;
  return v.optional(v.pipe(v.number(expected), v.safeInteger(expected), v.minValue(least, expected)));
}

function isDriverEntry(entry: unknown): boolean {
  if (Array.isArray(entry)) return entry.length === 2 && isName(entry[0]) && isObject(entry[1]);
  return isName(entry) || (isObject(entry) && isName(entry['id']) && typeof entry['transfer'] === 'function');
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
