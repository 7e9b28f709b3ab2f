import type { Bytes } from '../bytes.ts';
import { finding } from '../finding.ts';
import type { Finding } from '../finding.ts';
import type { Edges, Format } from '../format.ts';
import { checkDynamicHeader } from './check-dynamic-header.ts';
import { checkFooter, currentSize, diskType, diskTypes, footerAtEnd, footerAtStart } from './vhd-footer.ts';

/** A disk that grows, or a layer over another one: a copy of the footer comes first. */
export const vhdDynamic: Format = {
  name: 'vhd',
  matches: (image) => footerAtStart(image) !== undefined,
  declaredSize: (image) => currentSize(footerAtStart(image)),
  examine: (image) => ({ findings: [...copiesFindings(image), ...dynamicFindings(image)] }),
};

/** A disk as it is, and a footer behind it: the disk's own partition table shows through. */
export const vhdFixed: Format = {
  name: 'vhd',
  covers: ['gpt'],
  matches: (image) => footerAtStart(image) === undefined && footerAtEnd(image) !== undefined,
  declaredSize: (image) => currentSize(footerAtEnd(image)),
  examine: (image) => ({ findings: fixedFindings(image) }),
};

/** A guest may have written the first one, if the disk is a fixed one in truth. */
function copiesFindings(image: Edges): readonly Finding[] {
  const [first, last] = [footerAtStart(image), footerAtEnd(image)];
  if (!last) return [finding('vhd-copies', 'the image has a footer at its start and none at its end')];
  return first?.equals(last) ? [] : [finding('vhd-copies', 'the footer at the start of the image and the one at its end differ')];
}

function dynamicFindings(image: Edges): readonly Finding[] {
  const footer = footerAtStart(image) ?? image.start;
  const broken = checkFooter(footer);
  if (broken.length > 0) return broken;
  if (diskType(footer) === diskTypes.fixed)
    return [finding('vhd-footer', 'the image begins with a footer that says the disk is a fixed one')];
  return [...parentFindings(footer), ...checkDynamicHeader(image, footer)];
}

function parentFindings(footer: Bytes): readonly Finding[] {
  return diskType(footer) === diskTypes.differencing ? [finding('vhd-parent', 'the image is a layer over another one')] : [];
}

function fixedFindings(image: Edges): readonly Finding[] {
  const footer = footerAtEnd(image) ?? image.end;
  const broken = checkFooter(footer);
  if (broken.length > 0) return broken;
  if (diskType(footer) !== diskTypes.fixed) return [finding('vhd-footer', 'the footer says that the disk grows, and no header says how')];
  const room = image.size - footer.length;
  const told = currentSize(footer) ?? 0n;
  return told > room ? [finding('vhd-footer', `the footer says that the disk has ${told} bytes, and there are ${room}`)] : [];
}
