import {
  array,
  boolean,
  custom,
  integer,
  minLength,
  minValue,
  number,
  optional,
  picklist,
  pipe,
  record,
  strictObject,
  string,
  tuple,
  union,
  unknown,
} from 'valibot';
import type { GenericSchema } from 'valibot';

const text = (what: string): GenericSchema<string> => pipe(string(`expected ${what}`), minLength(1, `expected ${what}, got an empty text`));
const flagged = (what: string): GenericSchema<string | number | boolean> => union([string(), number(), boolean()], `expected ${what}`);

const limits = strictObject({
  bandwidth: optional(
    union(
      [string(), pipe(number(), integer(), minValue(0))],
      "expected a rate with a unit such as '20MiB/s', whole bytes per second, 0 or 'none'",
    ),
  ),
});

const facts = record(string(), flagged('a text, number or boolean'));

const rule = strictObject({
  from: optional(text("a glob over URIs such as 'ssh://**'")),
  to: optional(text("a glob over URIs such as 'ssh://**'")),
  when: optional(facts),
  use: optional(array(text('the name of a driver'), 'expected a list of driver names')),
  avoid: optional(array(text('the name of a driver'), 'expected a list of driver names')),
  limits: optional(limits),
});

const driver = union(
  [
    text('the name of a driver'),
    tuple([text('the name of a driver'), record(string(), unknown())]),
    custom<object>((value) => typeof value === 'object' && value !== null && 'specVersion' in value && 'transfer' in value),
  ],
  'expected the name of a driver, a driver, or [name, options]',
);

/** What a config may hold. Unknown keys are mistakes: a misspelt one would otherwise be a promise dropped in silence. */
export const configSchema: GenericSchema = strictObject({
  drivers: optional(pipe(array(driver, 'expected a list of drivers'), minLength(1, 'expected at least one driver'))),
  limits: optional(limits),
  rules: optional(array(rule, 'expected a list of rules')),
  facts: optional(facts),
  concurrency: optional(pipe(number('expected a number'), integer('expected a whole number'), minValue(1, 'expected 1 or more'))),
  verify: optional(picklist(['none', 'size', 'sha256'], 'expected none, size or sha256')),
  ssh: optional(strictObject({ configFile: optional(text('a path')) })),
  retry: optional(
    strictObject({
      attempts: optional(pipe(number('expected a number'), integer('expected a whole number'), minValue(1, 'expected 1 or more'))),
      delayMs: optional(pipe(number('expected a number'), minValue(0, 'expected 0 or more'))),
    }),
  ),
});
