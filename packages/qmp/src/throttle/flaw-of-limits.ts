import type { ThrottleName } from '../block-objects.ts';
import type { ThrottleLimits } from './throttle-limits.ts';
import { throttleBases, throttleNames } from './throttle-limits.ts';

/** The largest rate QEMU takes, and the longest burst in seconds. */
const largest = 1e15;
const longest = 2 ** 32 - 1;

/**
 * Why QEMU would refuse limits, in a sentence that names the two that contradict each other.
 *
 * @returns undefined when it takes them
 */
export function flawOfLimits(limits: ThrottleLimits): string | undefined {
  return (
    throttleNames.map((name) => flawOfNumber(name, limits[name])).find(Boolean) ??
    ['bps', 'iops'].map((unit) => flawOfTotal(unit as 'bps' | 'iops', limits)).find(Boolean) ??
    throttleBases.map((base) => flawOfBurst(base, limits)).find(Boolean) ??
    flawOfSize(limits)
  );
}

function flawOfNumber(name: ThrottleName, value: number | undefined): string | undefined {
  const most = name.endsWith('-length') ? longest : name === 'iops-size' ? Number.MAX_SAFE_INTEGER : largest;
  if (value === undefined || (Number.isSafeInteger(value) && value >= 0 && value <= most)) return undefined;
  return `${name} must be a whole number from 0 to ${most}, and is ${value}`;
}

function flawOfTotal(unit: 'bps' | 'iops', limits: ThrottleLimits): string | undefined {
  for (const burst of ['', '-max'] as const)
    for (const direction of ['read', 'write'] as const) {
      const [total, apart] = [`${unit}-total${burst}`, `${unit}-${direction}${burst}`] as const;
      if (limits[total] && limits[apart])
        return `${total} and ${apart} cannot be set at the same time, for a total limits reads and writes together; take one of them away`;
    }
  return undefined;
}

function flawOfBurst(base: (typeof throttleBases)[number], limits: ThrottleLimits): string | undefined {
  const [max, length] = [`${base}-max`, `${base}-max-length`] as const;
  const { [base]: rate = 0, [max]: burst = 0, [length]: seconds = 1 } = limits;
  if (burst > 0 && rate === 0) return `${max} cannot be set without ${base}, for it says how far that may be exceeded`;
  if (burst > 0 && burst < rate) return `${max} (${burst}) cannot be less than ${base} (${rate})`;
  if (seconds > 1 && burst === 0) return `${length} cannot be set without ${max}, for it says how long that may last`;
  if (burst > 0 && seconds > largest / burst) return `${max} (${burst}) is too much for ${length} (${seconds})`;
  return undefined;
}

function flawOfSize(limits: ThrottleLimits): string | undefined {
  const counted = throttleBases.some((base) => base.startsWith('iops') && limits[base]);
  return limits['iops-size'] && !counted
    ? 'iops-size cannot be set without iops-total, iops-read or iops-write, for it says how requests are counted'
    : undefined;
}
