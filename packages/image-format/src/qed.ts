import { finding } from './finding.ts';
import type { Format } from './format.ts';

/** Abandoned by QEMU in favour of qcow2. */
export const qed: Format = {
  name: 'qed',
  matches: ({ start }) => start.has('QED\0', 0),
  declaredSize: ({ start }) => start.uint64(48, 'little'),
  examine: () => ({ findings: [finding('qed', 'the image is qed')] }),
};
