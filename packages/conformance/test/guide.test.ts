import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const blocks = [...read('../../../apps/docs/write-a-driver.md').matchAll(/^```(?:ts|typescript)\n(.*?)^```$/gms)].map(([, code]) => code);

describe('the guide to writing a driver', () => {
  it('shows the driver that is tried here, whole and unchanged', () => {
    expect(blocks).toContain(read('example-driver.ts'));
  });

  it('shows the test it is tried with, but for the names of the packages', () => {
    const published = read('pieces.conformance.test.ts').replace('../src/index.ts', '@image-api/conformance');
    expect(blocks).toContain(published.replace('./example-driver.ts', 'image-api-driver-pieces'));
  });
});
