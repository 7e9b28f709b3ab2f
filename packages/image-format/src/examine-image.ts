import { Bytes } from './bytes.ts';
import { finding } from './finding.ts';
import type { Finding } from './finding.ts';
import { detectFormat, headerLength, matchingFormats } from './detect-format.ts';
import type { ImageSource } from './image-source.ts';
import type { Verdict } from './verdict.ts';

export interface ExamineOptions {
  /**
   * The largest disk a guest may see, in bytes, of the formats whose header says how large it is: those can be tiny files. Default 2
   * TiB.
   */
  readonly maximumVirtualSize?: number;
  /** A tool will interpret the image: what it would lose is a refusal then, and else a note. Default false. */
  readonly converting?: boolean;
}

/**
 * Tell what an image is, and whether it is safe to open. Runs no program and follows nothing the image says: it reads the headers, at most
 * 512 KiB in at most three calls of `source.read`.
 *
 * Any bytes have an answer. Rejects only where reading does, with its error.
 */
export async function examineImage(source: ImageSource, options: ExamineOptions = {}): Promise<Verdict> {
  const [head = new Uint8Array()] = await source.read([{ offset: 0, length: Math.min(headerLength, source.size) }]);
  const formats = matchingFormats(new Bytes(head));
  const found = detectFormat(head, source.size);
  const findings: Finding[] = [];
  if (formats.length > 1) findings.push(finding('several-formats', `the image is ${formats.join(' and ')} at once`));
  if (formats.includes('qed')) findings.push(finding('qed', 'the image is qed'));
  const maximum = options.maximumVirtualSize ?? 2 * 2 ** 40;
  if (found.virtualSize !== undefined && found.virtualSize !== source.size && found.virtualSize > maximum) {
    findings.push(
      finding('virtual-size', `the image says that it is a disk of ${found.virtualSize} bytes, more than the ${maximum} allowed`),
    );
  }
  return { ...found, findings };
}
