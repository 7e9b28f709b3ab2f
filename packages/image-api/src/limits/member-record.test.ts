import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatRecord, parseRecord } from './member-record.ts';

const rate = fc.oneof(fc.nat({ max: Number.MAX_SAFE_INTEGER }), fc.constant(Infinity));
const records = fc.record({
  beat: fc.nat(),
  demand: rate,
  holds: rate,
  budget: rate,
  budgetVersion: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
});

it('reads what it has written, always of one length', () => {
  fc.assert(
    fc.property(records, (record) => {
      const text = formatRecord(record);
      expect(parseRecord(text)).toEqual(record);
      expect(text).toHaveLength(160);
    }),
  );
});

it('knows a record of which one half is older than the other', () => {
  fc.assert(
    fc.property(records, records, fc.integer({ min: 1, max: 159 }), (older, newer, at) => {
      const [before, after] = [formatRecord(older), formatRecord(newer)];
      const torn = after.slice(0, at) + before.slice(at);
      fc.pre(torn !== before && torn !== after);
      expect(parseRecord(torn)).toBeUndefined();
    }),
  );
});

it.each(['', '\n', 'nonsense', '0 []\n', '1 [1,2,3,4,5]\n', '{}'])('takes %j for no record', (text) => {
  expect(parseRecord(text)).toBeUndefined();
});
