import type { Availability, Capabilities, DriverStatus } from 'image-api';
import { table } from '../text/table.ts';

/** The configured drivers as a table, in the order that breaks ties. */
export function driversText(drivers: readonly DriverStatus[]): string {
  const rows = drivers.map(({ id, availability, capabilities }) => [
    id,
    availabilityText(availability),
    routesText(capabilities),
    claimsText(capabilities),
  ]);
  return table([['driver', 'here', 'routes', 'claims'], ...rows]);
}

function availabilityText(availability: Availability): string {
  return availability.available ? availability.detail : `no: ${availability.reason}`;
}

function routesText({ routes }: Capabilities): string {
  return routes.map(({ from, to, inPlace }) => `${from}>${to}${inPlace ? ' (in place)' : ''}`).join(', ');
}

/** The claims in the words that `--needs` takes where it takes one. */
function claimsText(capabilities: Capabilities): string {
  const { limits, progress, convert } = capabilities;
  const flags = (['sparse', 'resume', 'delta', 'readyEarly', 'pause', 'cache'] as const).filter((claim) => capabilities[claim]);
  const words = [
    ...flags,
    ...(limits === undefined ? [] : [limits === 'live' ? 'liveLimits' : 'limits']),
    ...(progress === 'bytes' ? ['progress'] : []),
    ...(convert === undefined ? [] : [`converts ${convert.from.join('/')} to ${convert.to.join('/')}`]),
  ];
  return words.length === 0 ? '-' : words.join(', ');
}
