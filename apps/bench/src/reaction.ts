/** When a neighbour was there, in seconds. */
export interface Visit {
  readonly from: number;
  readonly to: number;
}

/** How fast a copy gave way to a neighbour, and how fast it came back, in seconds; `Infinity` for never. */
export interface Reaction {
  readonly gaveWay: number;
  readonly cameBack: number;
}

type Rates = readonly (readonly [seconds: number, rate: number])[];

/**
 * Measure a reaction by what was really moved: it gave way when it went below a quarter of what it did before for a whole second, and came
 * back when it was above three quarters of it again for as long.
 *
 * @param before seconds ahead of the visit that tell how fast it was
 */
export function reactionTo({ from, to }: Visit, rates: Rates, before = 3): Reaction {
  const undisturbed = meanRate(rates, from - before, from);
  const gaveWay = firstFor(rates, from, to, (rate, mean) => rate < undisturbed / 4 && mean < undisturbed / 4);
  const cameBack = firstFor(rates, to, Infinity, (rate, mean) => rate > (undisturbed * 3) / 4 && mean > (undisturbed * 3) / 4);
  return { gaveWay: gaveWay - from, cameBack: cameBack - to };
}

/** The mean of the rates told between two moments. */
export function meanRate(rates: Rates, from: number, to: number): number {
  const within = rates.filter(([seconds]) => seconds > from && seconds <= to).map(([, rate]) => rate);
  return within.reduce((sum, rate) => sum + rate, 0) / within.length;
}

/** The first moment at which the rate, and its mean over the second that follows, are as they should be. */
function firstFor(rates: Rates, from: number, to: number, isSo: (rate: number, mean: number) => boolean): number {
  const found = rates.find(([seconds, rate]) => seconds > from && seconds + 1 <= to && isSo(rate, meanRate(rates, seconds, seconds + 1)));
  return found?.[0] ?? Infinity;
}
