/** Whether this OpenSSH's scp speaks SFTP: before 9.0 it let a shell over there read the names. */
export function isModern(version: string): boolean {
  return Number(/^\d+/.exec(version)?.[0] ?? 0) >= 9;
}
