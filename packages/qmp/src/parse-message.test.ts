import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseMessage } from './parse-message.ts';
import { printCommand } from './print-command.ts';
import { QmpError } from './qmp-error.ts';

const member = fc.constantFrom(
  'QMP',
  'version',
  'qemu',
  'event',
  'data',
  'timestamp',
  'error',
  'class',
  'desc',
  'id',
  'return',
  '__proto__',
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(fc.constantFrom(null, true, 0, -1, 1e300, '', 'x'), fc.array(tie('value')), fc.dictionary(member, tie('value'))),
}));

it('reads any JSON as a message, or says that it is none', () => {
  let read = 0;
  fc.assert(
    fc.property(value, (said) => {
      try {
        parseMessage(JSON.stringify(said));
        read += 1;
      } catch (error) {
        expect(error).toBeInstanceOf(QmpError);
      }
    }),
    { numRuns: 2000 },
  );
  expect(read).toBeGreaterThan(0);
});

it('is not led to the bottom of what has none', () => {
  expect(() => parseMessage('{"return":'.repeat(1_000_000))).toThrow('not JSON');
});

it('reads whole numbers as they are, whatever their size', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }), (number) => {
      const message = parseMessage(`{"return": ${number}, "id": 1}`);
      const safe = Number.isSafeInteger(Number(number));
      expect(message).toEqual({ kind: 'answer', id: 1, result: safe ? Number(number) : number });
      expect(printCommand('x', 1, { number })).toBe(`{"execute":"x","id":1,"arguments":{"number":${number}}}\n`);
    }),
  );
});
