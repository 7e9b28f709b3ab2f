/** Where to attach to a disk that is served at a socket. */
export function diskUri(socket: string): string {
  return `nbd+unix:///disk?socket=${encodeURIComponent(socket).replaceAll('%2F', '/')}`;
}
