import type { Edges, Format } from './format.ts';
import { gpt } from './gpt.ts';
import { iso } from './iso.ts';
import { luks } from './luks.ts';
import { qcow2 } from './qcow2/qcow2.ts';
import { qed } from './qed.ts';
import { vdi } from './vdi.ts';
import { vhdDynamic, vhdFixed } from './vhd/vhd.ts';
import { vhdx } from './vhdx/vhdx.ts';
import { vmdkCowd } from './vmdk/vmdk-cowd.ts';
import { vmdkSparse } from './vmdk/vmdk-sparse.ts';
import { vmdkText } from './vmdk/vmdk-text.ts';

/** Every format an image could be, of which there should be one at most; none of them is `raw`. */
export function matchingFormats(image: Edges): readonly Format[] {
  const matching = formats.filter((format) => format.matches(image));
  const covered = new Set(matching.flatMap(({ covers = [] }) => covers));
  return matching.filter(({ name }) => !covered.has(name));
}

const formats: readonly Format[] = [qcow2, vmdkSparse, vmdkCowd, vmdkText, vhdx, vhdDynamic, vhdFixed, vdi, qed, luks, iso, gpt];
