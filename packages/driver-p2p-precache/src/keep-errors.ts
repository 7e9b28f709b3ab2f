import { ImageError } from '@image-api/driver';
import type { ArrivedImage, ErrorCode } from '@image-api/driver';
import type { CacheSettings } from './cache/image-cache.ts';

/** The two are on different filesystems, or on one that cannot. */
export function cannotClone(image: ArrivedImage, directory: string): ImageError {
  return notKept(
    image,
    'UNSUPPORTED',
    `it cannot share its blocks with the cache ${directory}: put the two on one btrfs or xfs, or set keepArrived to 'copy'`,
  );
}

export function noRoom(image: ArrivedImage, { directory, maxSize }: CacheSettings): ImageError {
  const need = `it takes ${image.facts.allocated ?? 0} bytes, and the cache ${directory} may have ${maxSize}`;
  return notKept(image, 'NO_SPACE', `${need}, with what may not go yet: raise maxSize, or see imagectl cache ls`);
}

/** To hash an image is work that nobody holds back. */
export function cannotKeepIdly(image: ArrivedImage): ImageError {
  return notKept(image, 'UNSUPPORTED', 'it came at idle priority, which hashing it would not keep: imagectl precache puts it there');
}

function notKept({ path }: ArrivedImage, code: ErrorCode, why: string): ImageError {
  return new ImageError(`${path} is not kept in the cache: ${why}`, { code, origin: 'destination', driver: 'p2p-precache' });
}
