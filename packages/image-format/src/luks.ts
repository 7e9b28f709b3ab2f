import { finding } from './finding.ts';
import type { Finding } from './finding.ts';
import type { Format } from './format.ts';

/** A disk or partition that is encrypted as a whole. */
export const luks: Format = {
  name: 'luks',
  matches: ({ start }) => start.has('LUKS\u00ba\u00be', 0),
  examine: ({ start }) => ({ findings: versionFindings(start.uint16(6, 'big')) }),
};

function versionFindings(version: number | undefined): readonly Finding[] {
  if (version === 1) return [];
  if (version === 2) return [finding('luks-2', 'the image is encrypted with LUKS 2')];
  return [finding('luks-version', `the image says that it is LUKS of version ${version ?? 'nothing: it is cut short'}`)];
}
