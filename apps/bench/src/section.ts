import { median } from './race.ts';

/** What one scenario has to say on the page of benchmarks. Kept with its result, so that the page can be made anew without measuring. */
export interface Section {
  readonly title: string;
  /** What was measured, and how: Markdown. */
  readonly about: string;
  /** What counts of several rounds. Local work: the least. Links: the median. */
  readonly judgedBy: 'least' | 'median';
  readonly comparisons: readonly Comparison[];
}

/** Contenders that did the same job. */
export interface Comparison {
  /** Unique on the page: it becomes a heading that others point at. */
  readonly title: string;
  /** Ours first. */
  readonly contenders: readonly Contestant[];
  /** What nothing can be faster than. */
  readonly bound?: { readonly seconds: number; readonly what: string };
  readonly aims: readonly Aim[];
  /** Further findings, a sentence each. */
  readonly remarks?: readonly string[];
}

export interface Contestant {
  readonly name: string;
  /** One for each round. */
  readonly seconds: readonly number[];
  /** `ours` are not peers of the first, which is always ours. Default `peer`. */
  readonly is?: 'ours' | 'peer';
}

/** What we want of one of ours. */
export interface Aim {
  /** The name of a contender. Default: the first. */
  readonly of?: string;
  /** `best peer`, `bound`, the name of a contender, or `nothing`, which takes no time. */
  readonly beside: string;
  /** How many times as long as that it may take; or, `inSeconds`, how much longer. */
  readonly atMost: number;
  readonly inSeconds?: boolean;
  /** Shown where it is missed. */
  readonly why?: string;
}

/** An aim, and what became of it; `undefined` numbers where there is nothing to compare with. */
export interface Judgement {
  readonly aim: Aim;
  readonly is: number;
  readonly met: boolean;
}

/** The number that counts for a contender. */
export function judged({ seconds }: Contestant, by: Section['judgedBy']): number {
  return by === 'least' ? Math.min(...seconds) : median(seconds);
}

/** The fastest that is not ours. */
export function bestPeer({ contenders }: Comparison, by: Section['judgedBy']): Contestant | undefined {
  return contenders.filter(isPeer).toSorted((a, b) => judged(a, by) - judged(b, by))[0];
}

/** Of aims that can be judged: one beside a tool that is not there cannot. */
export function judgeAims(comparison: Comparison, by: Section['judgedBy']): readonly Judgement[] {
  return comparison.aims.flatMap((aim) => {
    const ours = comparison.contenders.find(({ name }, index) => (aim.of === undefined ? index === 0 : name === aim.of));
    const other = besideSeconds(comparison, aim, by);
    if (ours === undefined || other === undefined) return [];
    const seconds = judged(ours, by);
    const is = aim.inSeconds === true ? seconds - other : seconds / other;
    return [{ aim, is, met: is <= aim.atMost }];
  });
}

function isPeer({ is }: Contestant, index: number): boolean {
  return index > 0 && is !== 'ours';
}

function besideSeconds(comparison: Comparison, { beside }: Aim, by: Section['judgedBy']): number | undefined {
  if (beside === 'nothing') return 0;
  if (beside === 'bound') return comparison.bound?.seconds;
  const other = beside === 'best peer' ? bestPeer(comparison, by) : comparison.contenders.find(({ name }) => name === beside);
  return other && judged(other, by);
}
