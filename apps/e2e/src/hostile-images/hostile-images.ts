import { goodImages } from './good-images.ts';
import type { HostileImage } from './hostile-image.ts';
import { hostileOtherImages } from './hostile-other-images.ts';
import { hostileQcow2Images } from './hostile-qcow2-images.ts';
import { hostileVmdkImages } from './hostile-vmdk-images.ts';
import { mistakenImages } from './mistaken-images.ts';

/** Images of every kind, hostile, mistaken and good. */
export const hostileImages: readonly HostileImage[] = [
  ...mistakenImages,
  ...hostileVmdkImages,
  ...hostileQcow2Images,
  ...hostileOtherImages,
  ...goodImages,
];
