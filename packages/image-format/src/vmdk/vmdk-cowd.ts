import { finding } from '../finding.ts';
import type { Format } from '../format.ts';

/** A part of a disk as ESX kept them: never a whole image. */
export const vmdkCowd: Format = {
  name: 'vmdk',
  matches: ({ start }) => start.has('COWD', 0),
  declaredSize: ({ start }) => {
    const sectors = start.uint32(12, 'little');
    return sectors === undefined ? undefined : BigInt(sectors) * 512n;
  },
  examine: () => ({ findings: [finding('vmdk-cowd', 'the image is a sparse extent of ESX')] }),
};
