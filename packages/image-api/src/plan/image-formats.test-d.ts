import type { ImageFormat } from '@image-api/driver';
import type { ImageFormat as DetectedFormat } from '@image-api/image-format';
import { expectTypeOf, test } from 'vitest';

test('what can be detected and what drivers can be asked for have the same names', () => {
  expectTypeOf<DetectedFormat>().toEqualTypeOf<ImageFormat>();
});
