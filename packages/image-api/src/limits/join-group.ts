import { machineClock } from './clock.ts';
import { openGroupFolder } from './group-folder.ts';
import { Member } from './member.ts';
import type { GroupMember, GroupOptions } from './group-member.ts';

/**
 * Join the tasks of this user that share one budget by naming the same group. There is no leader: each member keeps a small file that the
 * others read, and works out its own share. The group, and its budget, end with its last member; a member that dies leaves its share to
 * the others.
 *
 * @throws ImageError `BAD_OPTION` where the folder of the group is not this user's alone
 */
export function joinGroup(name: string, { budget, directory, clock = machineClock }: GroupOptions = {}): GroupMember {
  return new Member({ name, folder: openGroupFolder(name, directory), clock, budget });
}
