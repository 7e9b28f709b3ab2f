import { followPressure } from '../limits/follow-pressure.ts';
import { joinGroup } from '../limits/join-group.ts';
import type { OpenSource } from './limit-keeper.ts';

/** Open what a bound asks for: a place in a group, or an eye on the machine. */
export const openLimitSource: OpenSource = ({ bandwidth, group, auto }) => {
  if (group !== undefined) return joinGroup(group, bandwidth === undefined ? {} : { budget: bandwidth });
  return auto ? followPressure({ ceiling: bandwidth }) : undefined;
};
