import { finding } from './finding.ts';
import type { Finding } from './finding.ts';
import type { ImageFormat } from './image-format.ts';
import type { Verdict } from './verdict.ts';

/** What the caller said about an image, and what it permits. */
export interface ImagePolicy {
  /** The format it was said to have. Absent: whatever it turns out to be. */
  readonly claimed?: ImageFormat;
  /** The formats that may be copied. Default: all. */
  readonly formats?: readonly ImageFormat[];
  /** Let an image pass that is a layer over another one. Default false. */
  readonly allowBacking?: boolean;
}

/** Why an image must not be opened or published. */
export interface Refusal {
  /** `UNSAFE_IMAGE` when both are true. */
  readonly code: 'UNSAFE_IMAGE' | 'FORMAT_MISMATCH';
  /** Those that speak against it, the gravest first; at least one. */
  readonly findings: readonly Finding[];
  /** All of their messages. */
  readonly message: string;
}

/** Judge an image by what was found and what the caller permits; `undefined` when it may pass. */
export function judgeImage(verdict: Verdict, policy: ImagePolicy = {}): Refusal | undefined {
  const unsafe = verdict.findings.filter(
    ({ severity, door }) => severity === 'refuse' && !(policy.allowBacking && door === 'allow-backing'),
  );
  const findings = [...unsafe, ...mismatches(verdict, policy)];
  if (findings.length === 0) return undefined;
  const code = unsafe.length > 0 ? 'UNSAFE_IMAGE' : 'FORMAT_MISMATCH';
  return { code, findings, message: findings.map(({ message }) => message).join('. ') };
}

function mismatches({ format }: Verdict, { claimed, formats }: ImagePolicy): readonly Finding[] {
  const found: Finding[] = [];
  if (claimed && !isRightFor(claimed, format)) {
    found.push(finding('format-claim', `the image was said to be ${claimed} and is ${format}`));
  }
  if (formats && !formats.some((allowed) => isRightFor(allowed, format))) {
    found.push(finding('format-not-allowed', `the image is ${format}, and only ${formats.join(', ') || 'no format'} is allowed`));
  }
  return found;
}

/** A guest sees these byte for byte: its partition table, its disc, and the disk it encrypted itself. To it they all are raw. */
const seenAsTheyAre: readonly ImageFormat[] = ['gpt', 'iso', 'luks'];

function isRightFor(claimed: ImageFormat, detected: ImageFormat): boolean {
  return claimed === detected || (claimed === 'raw' && seenAsTheyAre.includes(detected));
}
