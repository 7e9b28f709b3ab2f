/** What a copy told of itself, in seconds since it was started and bytes per second. */
export interface CopyTimeline {
  readonly rates: readonly (readonly [seconds: number, rate: number])[];
  /** What it might use, and why; `Infinity` for no limit. */
  readonly limits: readonly { readonly seconds: number; readonly bandwidth: number; readonly reason: string }[];
}

/** One line of `imagectl copy --json`, and when it came. */
export interface TimedLine {
  readonly seconds: number;
  readonly line: string;
}

interface Told {
  readonly type: string;
  readonly bytesLogical?: number;
  readonly limits?: { readonly bandwidth?: number };
  readonly reason?: string;
}

/** Make rates of positions: the mean between two reports, at the moment in their middle. */
export function copyTimeline(lines: readonly TimedLine[]): CopyTimeline {
  const told = lines.map(({ seconds, line }) => ({ seconds, ...(JSON.parse(line) as Told) }));
  const positions = told.flatMap(({ type, seconds, bytesLogical }) =>
    type === 'progress' && bytesLogical !== undefined ? [[seconds, bytesLogical] as const] : [],
  );
  const rates = positions.slice(1).flatMap(([seconds, bytes], index) => {
    const [before = 0, had = 0] = positions[index] ?? [];
    return seconds - before > 0.05 ? [[(before + seconds) / 2, (bytes - had) / (seconds - before)] as const] : [];
  });
  const limits = told.flatMap(({ type, seconds, limits: inForce, reason = '' }) =>
    type === 'limits' ? [{ seconds, bandwidth: inForce?.bandwidth ?? Infinity, reason }] : [],
  );
  return { rates, limits };
}
