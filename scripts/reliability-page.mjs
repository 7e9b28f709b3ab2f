import { errorCodes } from '@image-api/driver';
import { tableOf } from './markdown-table.mjs';

/**
 * The page of what goes wrong, and what is promised then.
 *
 * @param {Awaited<ReturnType<typeof import('./fault-tables.mjs').faultTables>>} tables
 */
export function reliabilityPage(tables) {
  return `# When things go wrong

What each fault is, how the end to end tests make it happen, and how a copy ends then. Every row is a test that makes the fault happen
for real, to the built \`imagectl\`, and fails when anything else comes of it than what is written here. The page is made from the
tables those tests read, by \`npm run docs\`; \`npm run check\` fails when a row was not tried.

## What holds in every row

- The destination's name has nothing, the complete old image or the complete new one. Each is compared by its SHA-256.
- No file of ours is left but, where the row says so, one staging file: \`.<name>.<fingerprint>.part\` beside the destination.
- No process is left ten seconds later, nor a private file.
- With \`--json\`, one \`result\` or \`error\` is told, as the last line. Within a try, progress never goes back and never exceeds the whole.
- A secret in the environment is nowhere in what is printed.
- The source is what it was, unless changing it is the fault.
- The same copy, started again without the fault, ends well and leaves nothing else.

## How to read the tables

| column | meaning |
| --- | --- |
| way | who copies, and between what |
| ends | \`DONE\`, \`KILLED\` by the \`kill -9\` that is the fault, or an [error](errors.md), with the exit status; of copies that get over the fault, how |
| the name has | what is found under the destination's name then |
| beside it | what of ours is left in its directory |
| the same copy again | \`goes on\` from the bytes that had arrived, or \`begins anew\` |

Several entries: which of them it is depends on the moment of the fault. A row marked *all* is tried by \`npm run check -- --all\` only.
${tables.map(section).join('')}`;
}

/** @param {{ title: string; rows: readonly import('./fault-tables.mjs').FaultRow[] }} table */
function section({ title, rows }) {
  const cells = rows.flatMap(({ fault, injected, ways }) =>
    Object.entries(ways).map(([way, promised], index) => [
      index === 0 ? fault : '',
      index === 0 ? injected : '',
      promised.onlyAll ? `${way} *(all)*` : way,
      [promised.ends.map(ending), promised.over ?? []].flatMap((words) => words.join(' or ') || []).join(', '),
      promised.name.join(' or '),
      promised.beside.join(' or '),
      promised.again.join(' or '),
    ]),
  );
  const head = ['what goes wrong', 'how it is made to happen', 'way', 'ends', 'the name has', 'beside it', 'the same copy again'];
  return `\n## ${title}\n\n${tableOf([head, ...cells])}\n`;
}

/** @param {string} end */
function ending(end) {
  const status = /** @type {Record<string, { exitStatus: number }>} */ (errorCodes)[end]?.exitStatus;
  return status === undefined ? `\`${end}\`` : `\`${end}\` (${status})`;
}
