import type { Phase } from './judge-kill.ts';

/** One kill, and where it fell. */
export interface Kill {
  readonly lane: string;
  readonly driver: string;
  readonly phase: Phase;
}

export interface Tally {
  readonly kills: number;
  /** Bytes were on their way: the copy had begun and had not ended. */
  readonly inside: number;
  readonly phases: Readonly<Record<Phase, number>>;
}

const phases = ['plan', 'copy', 'verify', 'publish', 'after'] as const;

export function tallyOf(kills: readonly Kill[]): Tally {
  const count = (phase: Phase): number => kills.filter((kill) => kill.phase === phase).length;
  const counted = Object.fromEntries(phases.map((phase) => [phase, count(phase)])) as Record<Phase, number>;
  return { kills: kills.length, inside: counted.copy + counted.verify + counted.publish, phases: counted };
}

/** The tally of all, and of each way of copying, a line each. */
export function tallyText(kills: readonly Kill[]): string {
  const ways = [...new Set(kills.map(wayOf))].toSorted();
  const rows = [['in all', kills] as const, ...ways.map((way) => [way, kills.filter((kill) => wayOf(kill) === way)] as const)];
  return rows.map(([title, some]) => `${title.padEnd(14)} ${lineOf(tallyOf(some))}`).join('\n');
}

function wayOf({ lane, driver }: Kill): string {
  return `${lane} by ${driver}`;
}

function lineOf({ kills, inside, phases: counted }: Tally): string {
  return `${kills} kills, ${inside} inside a copy: ${phases.map((phase) => `${phase} ${counted[phase]}`).join(', ')}`;
}
