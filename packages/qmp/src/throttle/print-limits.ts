import type { ThrottleName } from '../block-objects.ts';
import { refuseFlawed } from './throttle-group.ts';
import { limitsOf, throttleNames } from './throttle-limits.ts';
import type { ThrottleLimits } from './throttle-limits.ts';

/**
 * Limits as members of `-drive`, for a machine that is to start with them: `throttling.bps-total=1048576,throttling.group=disks`.
 *
 * @throws QmpError `argument` when the limits contradict each other
 */
export function printForQemu(limits: ThrottleLimits, group?: string): string {
  const members = membersOf(limits).map(([name, value]) => `throttling.${name}=${value}`);
  // A comma ends a member, unless there are two of them.
  return [...members, ...(group === undefined ? [] : [`throttling.group=${group.replaceAll(',', ',,')}`])].join(',');
}

/**
 * Limits as the element `<iotune>` of a disk in libvirt's description of a machine.
 *
 * @throws QmpError `argument` when the limits contradict each other
 */
export function printForLibvirt(limits: ThrottleLimits, group?: string): string {
  const members = membersOf(limits).map(([name, value]) => [libvirtName(name), String(value)] as const);
  const named = group === undefined ? [] : [['group_name', group] as const];
  const lines = [...members, ...named].map(([name, value]) => `  <${name}>${escapeXml(value)}</${name}>\n`);
  return lines.length === 0 ? '<iotune/>\n' : `<iotune>\n${lines.join('')}</iotune>\n`;
}

function membersOf(limits: ThrottleLimits): readonly (readonly [ThrottleName, number])[] {
  refuseFlawed(limits);
  const real = limitsOf((name) => limits[name]);
  return throttleNames.flatMap((name) => (real[name] === undefined ? [] : [[name, real[name]] as const]));
}

/** `bps-read-max` is `read_bytes_sec_max` there. */
function libvirtName(name: ThrottleName): string {
  if (name === 'iops-size') return 'size_iops_sec';
  const [unit = '', direction = '', ...rest] = name.split('-');
  return [direction, unit === 'bps' ? 'bytes' : unit, 'sec', ...rest].join('_');
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
