import { ImageError } from '@image-api/driver';
import { joinGroup } from '../limits/join-group.ts';
import type { OpenSource } from './limit-keeper.ts';

/** Open what a bound asks for: a place in a group, or an eye on the machine. */
export const openLimitSource: OpenSource = ({ bandwidth, group, auto }) => {
  if (group !== undefined) return joinGroup(group, bandwidth === undefined ? {} : { budget: bandwidth });
  if (auto) throw new ImageError('an automatic limit cannot be kept yet: give a rate', { code: 'UNSUPPORTED', origin: 'caller' });
  return undefined;
};
