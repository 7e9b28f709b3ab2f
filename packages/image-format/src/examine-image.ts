import { finding } from './finding.ts';
import type { Finding } from './finding.ts';
import type { Edges, Examination, Format } from './format.ts';
import { matchingFormats } from './formats.ts';
import type { ImageSource } from './image-source.ts';
import { readEdges, readWithin } from './read-within.ts';
import type { Verdict } from './verdict.ts';

export interface ExamineOptions {
  /**
   * The largest disk a guest may see, in bytes, of the formats whose header says how large it is: their files can be tiny. Default
   * 2 TiB.
   */
  readonly maximumVirtualSize?: number;
  /** A tool will interpret the image: what it would lose is a refusal then, and else a note. Default false. */
  readonly converting?: boolean;
}

const twoTebibytes = 2 * 2 ** 40;

/**
 * Tell what an image is, and whether it is safe to open. Runs no program and follows nothing the image says: it reads the headers, at
 * most 512 KiB in at most three calls of `source.read`.
 *
 * Any bytes have an answer. Rejects only where reading does, with its error.
 */
export async function examineImage(source: ImageSource, options: ExamineOptions = {}): Promise<Verdict> {
  const { maximumVirtualSize = twoTebibytes, converting = false } = options;
  const image = await readEdges(source);
  const matching = matchingFormats(image);
  const examined: Examination[] = [];
  // One after the other: those that read on begin differently, so that only one of them ever does.
  for (const format of matching) examined.push(await examine(format, image, { source, converting }));
  const [{ backing, declaredSize } = {}] = examined;
  const virtualSize = matching[0]?.declaredSize ? countable(declaredSize) : source.size;
  return {
    format: matching[0]?.name ?? 'raw',
    ...(virtualSize !== undefined && { virtualSize }),
    ...(backing && { backing }),
    findings: [
      ...severalFindings(matching),
      ...examined.flatMap(({ findings, declaredSize }) => [...findings, ...sizeFindings(declaredSize, maximumVirtualSize)]),
    ],
  };
}

async function examine(
  format: Format,
  image: Edges,
  { source, converting }: { readonly source: ImageSource; readonly converting: boolean },
): Promise<Examination> {
  const declaredSize = format.declaredSize?.(image);
  const examination = await format.examine?.(image, readWithin(source), { converting });
  return { findings: [], ...(declaredSize !== undefined && { declaredSize }), ...examination };
}

function severalFindings(matching: readonly Format[]): readonly Finding[] {
  const names = [...new Set(matching.map(({ name }) => name))];
  return names.length > 1 ? [finding('several-formats', `the image is ${names.join(' and ')} at once`)] : [];
}

function sizeFindings(size: bigint | undefined, maximum: number): readonly Finding[] {
  if (size === undefined || size <= maximum) return [];
  return [finding('virtual-size', `the image says that it is a disk of ${size} bytes, and ${maximum} are allowed`)];
}

/** A size out of a header as a number, `undefined` where it is too large to be counted. */
function countable(size: bigint | undefined): number | undefined {
  return size !== undefined && size <= Number.MAX_SAFE_INTEGER ? Number(size) : undefined;
}
