import { rules } from './rules.ts';
import type { Rule } from './rules.ts';

/** Something about an image that its user should know. */
export interface Finding {
  readonly rule: Rule;
  /** `refuse`: the image must not be opened or published. `note`: it may. */
  readonly severity: 'refuse' | 'note';
  /** The caller's option that opens this one door. Absent: there is none. */
  readonly door?: 'allow-backing';
  /** A sentence: what was found, why it matters, what to do. Text out of the image is quoted, escaped and cut. */
  readonly message: string;
}

/** @param found what was found: the first words of the message */
export function finding(rule: Rule, found: string, severity?: Finding['severity']): Finding {
  const text: RuleText = rules[rule];
  const message = `${found}: ${text.why}; ${text.wayOut}`;
  return { rule, severity: severity ?? text.severity, ...(text.door && { door: text.door }), message };
}

interface RuleText {
  readonly severity: Finding['severity'];
  readonly door?: 'allow-backing';
  readonly why: string;
  readonly wayOut: string;
}
