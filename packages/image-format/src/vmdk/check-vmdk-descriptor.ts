import { finding } from '../finding.ts';
import type { Finding } from '../finding.ts';
import { quoteUntrusted } from '../quote-untrusted.ts';

/**
 * Judge the text in an image of one file, strictly: whatever is not understood is refused, since programs read such texts in ways of
 * their own, some of them in comments, too, and behind the end.
 */
export function checkVmdkDescriptor(area: string): readonly Finding[] {
  const end = area.indexOf('\0');
  const text = end < 0 ? area : area.slice(0, end);
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  return [
    ...characterFindings(text),
    ...lineFindings(lines),
    ...createTypeFindings(lines),
    ...extentFindings(lines.filter(isExtent)),
    ...parentFindings(area, lines),
    ...behindFindings(area.slice(text.length)),
  ];
}

function characterFindings(text: string): readonly Finding[] {
  const odd = /[^\t\n\r\u0020-\u007e]/.exec(text);
  return odd ? [finding('vmdk-descriptor', `the descriptor is no plain text at character ${odd.index}`)] : [];
}

function isExtent(line: string): boolean {
  return /^(?:rw|rdonly|noaccess)\s/i.test(line);
}

function lineFindings(lines: readonly string[]): readonly Finding[] {
  const odd = lines.find((line) => !isExtent(line) && !/^\w[\w.]*\s*=/.test(line));
  return odd === undefined ? [] : [finding('vmdk-descriptor', `the descriptor has the line ${quoteUntrusted(odd)}`)];
}

const createTypes = ['monolithicsparse', 'streamoptimized'];

function createTypeFindings(lines: readonly string[]): readonly Finding[] {
  const values = lines.flatMap((line) => /^createtype\s*=\s*"?([^"]*)/i.exec(line)?.[1] ?? []);
  const [value] = values;
  if (value === undefined) return [finding('vmdk-create-type', 'the descriptor does not say of which type the image is')];
  if (values.length > 1) return [finding('vmdk-create-type', `the descriptor says ${values.length} times of which type the image is`)];
  if (createTypes.includes(value.toLowerCase())) return [];
  return [finding('vmdk-create-type', `the image is of the type ${quoteUntrusted(value)}`)];
}

/** An image of one file has one extent, itself. The name may be one it had once. */
function extentFindings(extents: readonly string[]): readonly Finding[] {
  const [extent] = extents;
  if (extent === undefined) return [finding('vmdk-extent', 'the descriptor has no extent')];
  if (extents.length > 1) return [finding('vmdk-extent', `the descriptor has ${extents.length} extents`)];
  if (/^\w+\s+\d+\s+sparse\s+"[^"/\\]+"$/i.test(extent)) return [];
  return [finding('vmdk-extent', `the descriptor has the extent ${quoteUntrusted(extent)}`)];
}

/** QEMU finds the name of a parent anywhere, in a comment too. */
function parentFindings(area: string, lines: readonly string[]): readonly Finding[] {
  const hint = /parentfilenamehint[\s="]*([^"\n\0]*)/i.exec(area)?.[1];
  const parent = hint ?? lines.find((line) => /^parentcid\s*=(?!\s*"?f{8}"?$)/i.test(line));
  return parent === undefined ? [] : [finding('vmdk-parent', `the image is a layer over another one, ${quoteUntrusted(parent)}`)];
}

/** What QEMU leaves there when it writes a shorter text over a longer one is a few characters, and none of these words. */
function behindFindings(rest: string): readonly Finding[] {
  const words = /createtype|^[ \t]*(?:rw|rdonly|noaccess)[ \t]+\d/im.exec(rest.replaceAll('\0', '\n'));
  return words ? [finding('vmdk-descriptor', `the descriptor goes on behind its end with ${quoteUntrusted(words[0])}`)] : [];
}
