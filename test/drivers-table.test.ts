import { readFileSync } from 'node:fs';
import type { Capabilities, Driver } from '@image-api/driver';
import { cp } from '@image-api/driver-cp';
import { qemuStream } from '@image-api/driver-qemu-stream';
import { http } from '@image-api/driver-http';
import { p2pPrecache } from '@image-api/driver-p2p-precache';
import { rsync } from '@image-api/driver-rsync';
import { scp } from '@image-api/driver-scp';
import { ssh } from '@image-api/driver-ssh';
import { describe, expect, it } from 'vitest';
import { readWorkspaces, root } from './read-workspaces.ts';

const drivers: readonly Driver[] = [cp(), rsync(), scp(), qemuStream(), p2pPrecache(), ssh(), http()];
/** The columns of the table, and the claims they stand for. */
const columns: Readonly<Record<string, keyof Capabilities>> = { 'keeps holes': 'sparse', resumes: 'resume', 'holds a limit': 'limits' };

describe('the table of drivers in the README', () => {
  const rows = tableUnder('## Drivers').map((cells) => [/^\[(.+?)\]/.exec(cells['driver'] ?? '')?.[1], cells] as const);
  const table = new Map(rows);

  it('names every driver package', () => {
    const folders = readWorkspaces().flatMap(({ folder }) => /^packages\/driver-(.+)$/.exec(folder)?.[1] ?? []);
    expect(table.size).toBe(folders.length);
    expect(new Set(table.keys())).toEqual(new Set(folders));
    expect(new Set(drivers.map(({ id }) => id))).toEqual(new Set(folders));
  });

  it.each(drivers)('says what $id claims', ({ id, capabilities }) => {
    const claimed = Object.fromEntries(Object.entries(columns).map(([column, claim]) => [column, capabilities[claim] ? 'yes' : 'no']));
    expect(table.get(id)).toMatchObject(claimed);
  });
});

function tableUnder(heading: string): Readonly<Record<string, string>>[] {
  const text = readFileSync(`${root}README.md`, 'utf8').split(`${heading}\n`)[1] ?? '';
  const lines =
    text
      .split('\n## ')[0]
      ?.split('\n')
      .filter((line) => line.startsWith('|')) ?? [];
  const [head = [], , ...rows] = lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  return rows.map((row) => Object.fromEntries(row.map((cell, index) => [head[index] ?? '', cell])));
}
