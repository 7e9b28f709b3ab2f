/**
 * The whole environment of a child: these few variables of ours, `LC_ALL=C` so that what it says can be understood, and what
 * the caller adds. Nothing else gets through, least of all variables that change how a tool works (`RSYNC_…`, `LD_…`).
 */
export function childEnvironment(
  ours: Readonly<Record<string, string | undefined>>,
  added: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of ['PATH', 'HOME', 'TZ', 'SSH_AUTH_SOCK']) {
    const value = ours[name];
    if (value !== undefined) kept[name] = value;
  }
  return { ...kept, LC_ALL: 'C', ...added };
}
