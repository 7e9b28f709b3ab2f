import { describe, expectTypeOf, it } from 'vitest';
import type { AcceptedOffer, Driver, ErrorCode, Facts, Host, Limits, Offer, Route, TransferContext } from './index.ts';
import { defineDriver, ImageError } from './index.ts';

describe('the contract', () => {
  it('tells an accepted offer from a refused one by `accept` alone', () => {
    const offer = {} as Offer;
    if (offer.accept) expectTypeOf(offer).toEqualTypeOf<AcceptedOffer>();
    else expectTypeOf(offer.reason).toBeString();
    // @ts-expect-error a refusal without a reason is no answer
    const silent: Offer = { accept: false };
    void silent;
  });

  it('does not know endpoints, facts or limits that can be written to', () => {
    const facts: Facts = { kind: 'file', size: 1 };
    // @ts-expect-error facts are read only
    facts.size = 2;
    expectTypeOf<Limits['bandwidth']>().toEqualTypeOf<number | undefined>();
    expectTypeOf<Route>().toExtend<{ readonly from: string; readonly to: string }>();
  });

  it('asks the four questions of every driver, and no more', () => {
    expectTypeOf<Driver['transfer']>().parameter(1).toEqualTypeOf<TransferContext>();
    expectTypeOf(defineDriver).returns.toEqualTypeOf<Driver>();
    const incomplete = {
      specVersion: 1 as const,
      id: 'x',
      capabilities: { routes: [] },
      probe: async () => ({ available: true as const, detail: '' }),
      transfer: async () => ({ counters: {} }),
    };
    // @ts-expect-error a driver that cannot be asked for an offer is none
    void (() => defineDriver(incomplete));
  });

  it('has no room for an error without code and origin', () => {
    // @ts-expect-error the origin is missing
    void (() => new ImageError('no', { code: 'NO_SPACE' }));
    // @ts-expect-error codes are of the table
    void (() => new ImageError('no', { code: 'NO_IDEA', origin: 'core' }));
    expectTypeOf<'NO_DRIVER'>().toExtend<ErrorCode>();
  });

  it('hands limits handlers the limits and wants what is in force', () => {
    const context = {} as TransferContext;
    void (() => context.onControl('limits', async (limits) => limits));
    // @ts-expect-error a limits handler must answer
    void (() => context.onControl('limits', async () => undefined));
  });

  it('lets a driver run tools only by argument lists', () => {
    expectTypeOf<Host['run']>().parameter(1).toEqualTypeOf<readonly string[]>();
  });
});
