export { createHosts } from './create-hosts.ts';
export type { Hosts, HostsOptions } from './create-hosts.ts';
export { escapeControl } from './escape-control.ts';
export { fileError, forSide } from './file-error.ts';
export type { FileFailure, Side } from './file-error.ts';
export { errnoFromText } from './errno-from-text.ts';
export { quoteForShell } from './quote-for-shell.ts';
export { sshError } from './ssh-error.ts';
