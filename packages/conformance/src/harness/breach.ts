/** Something that holds for every copy of every driver, and did not hold once. */
export interface Breach {
  readonly of: Rule;
  /** What was seen, and in which test. */
  readonly seen: string;
}

/** What is watched in every copy, whatever the test is about. */
export type Rule =
  | 'nothing beside `to` is made or changed'
  | '`to` stays the file it was'
  | 'the source stays as it was'
  | 'no process is left'
  | 'the scratch directory is left empty'
  | 'counters never go down'
  | 'counters never exceed what there is'
  | 'no byte counts are invented'
  | '`untouched` is true'
  | 'ready is only called by who claims it'
  | 'pause is only answered by who claims it'
  | 'live limits are only answered by who claims them'
  | 'what only reads does not write';
