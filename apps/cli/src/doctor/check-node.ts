import type { Check } from './check.ts';

/** Is this Node new enough? @param version as in `process.version` */
export function checkNode(version: string): Check {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const isEnough = major > 20 || (major === 20 && minor >= 19);
  if (isEnough) return { name: 'node', status: 'ok', detail: version };
  return { name: 'node', status: 'fail', detail: `${version} is too old`, advice: 'install Node 20.19 or later' };
}
