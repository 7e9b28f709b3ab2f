import type { DriveInfo } from '../block-objects.ts';

/** Find a drive of `query-block` by the id of its device, the path of that, the drive's own name or the name of the node in it. */
export function findDrive(drives: readonly DriveInfo[], name: string): DriveInfo | undefined {
  return drives.find((drive) => namesOf(drive).includes(name));
}

/** The shortest name a person would know a drive by. */
export function nameOfDrive(drive: DriveInfo): string {
  const [first = ''] = namesOf(drive);
  return first;
}

function namesOf({ device, qdev, inserted }: DriveInfo): readonly string[] {
  const id = /^\/machine\/peripheral\/([^/]+)/.exec(qdev ?? '')?.[1];
  return [id, qdev?.startsWith('/') ? undefined : qdev, device, inserted?.['node-name'], qdev].filter(
    (name) => name !== undefined && name !== '',
  ) as string[];
}
