import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { rules } from './rules.ts';

describe('the table of rules', () => {
  it('is the one in the README', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const rows = Object.entries(rules).map(([rule, { severity, why, ...rest }]) => {
      const door = 'door' in rest ? `, but for \`--${rest.door}\`` : '';
      return `| \`${rule}\` | ${severity}${door} | ${why} |\n`;
    });
    expect(readme).toContain(`| rule | severity | why |\n| ---- | -------- | --- |\n${rows.join('')}`);
  });
});
