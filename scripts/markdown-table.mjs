/**
 * A table, the first row of which is its head.
 *
 * @param {readonly (readonly string[])[]} rows
 */
export function tableOf([head = [], ...rows]) {
  return [head, head.map(() => '---'), ...rows].map(row).join('\n');
}

/** @param {readonly string[]} cells */
function row(cells) {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
