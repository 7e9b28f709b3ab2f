import type { OpenSource } from './limit-keeper.ts';

/** Open what a bound asks for: a place in a group, or an eye on the machine. */
export const openLimitSource: OpenSource = () => undefined;
