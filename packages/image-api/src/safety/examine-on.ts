import type { Host } from '@image-api/driver';
import { examineImage } from '@image-api/image-format';
import type { ExamineOptions, Verdict } from '@image-api/image-format';

/** Examine an image where it lies: only its headers travel. */
export function examineOn(host: Host, image: { readonly path: string; readonly size: number }, options: ExamineOptions): Promise<Verdict> {
  return examineImage({ size: image.size, read: (ranges) => host.read(image.path, ranges) }, options);
}
