/** Whether a version (`3.2.7`, `3.5.0pre1`) is not older than another. One that cannot be read is old. */
export function atLeast(version: string, wanted: string): boolean {
  const [have, want] = [numbersIn(version), numbersIn(wanted)];
  for (const [index, number] of want.entries()) {
    const own = have[index] ?? 0;
    if (own !== number) return own > number;
  }
  return have.length > 0;
}

function numbersIn(version: string): number[] {
  return /^\d+(\.\d+)*/.exec(version)?.[0].split('.').map(Number) ?? [];
}
