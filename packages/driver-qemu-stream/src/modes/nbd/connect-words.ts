import type { NbdAddress } from '../../daemon/block-nodes.ts';

/** Why no connection to a server came to be, and what to do about it. */
export function connectWords(address: NbdAddress, error: unknown): string {
  const code = codeOf(error);
  return 'path' in address ? socketWords(address.path, code) : hostWords(address, code);
}

function socketWords(path: string, code: string | undefined): string {
  if (code === 'ENOENT' || code === 'ENOTDIR') return `there is no socket ${path}; check the path, and whether its server runs`;
  if (code === 'ECONNREFUSED') return `no server listens at the socket ${path}; start it again`;
  if (code === 'EACCES' || code === 'EPERM')
    return `this user may not connect to the socket ${path}; ask for the permission to write to it`;
  return `the server at the socket ${path} does not answer; see whether it hangs`;
}

function hostWords({ host, port }: { readonly host: string; readonly port: number }, code: string | undefined): string {
  if (code === 'ECONNREFUSED') return `no server listens at ${host}, port ${port}; start it there, or check host and port`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `the name ${host} is not known; check how it is written`;
  return `${host} does not answer at port ${port}; check the network, and whether a firewall is in between`;
}

/** Where a name has several addresses, each has failed; the first stands for all. */
function codeOf(error: unknown): string | undefined {
  const [first] = error instanceof AggregateError ? (error.errors as unknown[]) : [error];
  return (first as NodeJS.ErrnoException | undefined)?.code;
}
