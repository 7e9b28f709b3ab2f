/** How one member of a group stands: all in bytes per second, `Infinity` where there is no end. */
export interface Standing {
  /** What it could use. */
  readonly demand: number;
  /** What it may be using now, because it was allowed to and has not given it back. */
  readonly holds: number;
  /** It cannot be reached, and keeps what it holds. */
  readonly deaf?: boolean;
}

/**
 * What one member of a group may use next. Every member works it out for itself, from the same facts: nobody leads. What is above a fair
 * share is given back at once; what is below it grows only into what others have given back already, so that all together never hold more
 * than the budget.
 *
 * @param budget bytes per second for all together
 * @returns bytes per second; 0 while there is nothing to have
 */
export function nextShare(budget: number, members: readonly Standing[], index: number): number {
  const own = members[index];
  if (!own || own.demand <= 0) return 0;
  if (budget === Infinity) return Infinity;
  const goals = goalsOf(budget, members);
  const goal = goals[index] ?? 0;
  if (goal <= own.holds) return goal;
  const free = budget - sum(members.map(({ holds }) => holds));
  if (free <= 0) return own.holds;
  const wanted = sum(members.map(({ holds }, at) => Math.max(0, (goals[at] ?? 0) - holds)));
  return Math.floor(own.holds + (goal - own.holds) * Math.min(1, free / wanted));
}

/** Fair shares of what those that cannot be reached leave over. */
function goalsOf(budget: number, members: readonly Standing[]): readonly number[] {
  const kept = sum(members.map(({ deaf, holds }) => (deaf ? holds : 0)));
  const demands = members.map(({ deaf, demand }) => (deaf ? 0 : demand));
  return fairShares(Math.max(0, budget - kept), demands).map((share, index) => (members[index]?.deaf ? members[index].holds : share));
}

/**
 * Divide a budget so that nobody could have more without somebody who has less getting less still (max-min fairness): who wants less than
 * an equal part gets all of it, and the others share what is over. Whole bytes.
 */
export function fairShares(budget: number, demands: readonly number[]): readonly number[] {
  const shares = demands.map(() => 0);
  const modestFirst = demands.map((_, index) => index).toSorted((a, b) => (demands[a] ?? 0) - (demands[b] ?? 0));
  let left = budget;
  modestFirst.forEach((member, served) => {
    const share = Math.floor(Math.min(demands[member] ?? 0, left / (modestFirst.length - served)));
    shares[member] = share;
    left -= share;
  });
  return shares;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
