import type { DriverStatus } from 'image-api';
import type { Check } from './check.ts';

/** Can the configured drivers work here? Their own warnings come along. */
export function checkDrivers(drivers: readonly DriverStatus[]): readonly Check[] {
  const checks = drivers.flatMap(checkDriver);
  if (drivers.some(({ availability }) => availability.available)) return checks;
  return [
    ...checks,
    { name: 'drivers', status: 'fail', detail: 'none of the configured drivers can work here', advice: 'install what their reasons name' },
  ];
}

function checkDriver({ id, availability }: DriverStatus): readonly Check[] {
  const name = `driver ${id}`;
  if (!availability.available) return [{ name, status: 'warn', detail: availability.reason }];
  const warnings = (availability.warnings ?? []).map((warning): Check => ({ name, status: 'warn', detail: warning }));
  return [{ name, status: 'ok', detail: availability.detail }, ...warnings];
}
