import { rm } from 'node:fs/promises';
import { execa } from 'execa';
import { expect } from 'vitest';
import { readGuestDisk } from './guest-disk.ts';
import type { LabHost } from './lab-host.ts';
import { processesOf } from './processes.ts';

/** The image is a sound qcow2 that needs no other, and a guest's filesystem on it holds these files. */
export async function expectStandsAlone(image: string, files: Readonly<Record<string, string>> = {}): Promise<void> {
  await execa('qemu-img', ['check', '-f', 'qcow2', image]);
  const { stdout } = await execa('qemu-img', ['info', '-f', 'qcow2', '--output=json', image]);
  expect(JSON.parse(stdout)).toMatchObject({ format: 'qcow2' });
  expect(stdout, 'what it says of other images').not.toMatch(/backing|data-file"/);
  if (Object.keys(files).length === 0) return;
  const raw = `${image}.raw`;
  try {
    await execa('qemu-img', ['convert', '-f', 'qcow2', '-O', 'raw', image, raw]);
    for (const [file, content] of Object.entries(files)) expect(String(await readGuestDisk(raw, file)), file).toBe(content);
  } finally {
    await rm(raw, { force: true });
  }
}

/** Nothing runs on a host any more, a moment after the last guest has left. */
export async function expectNobodyAtWork(host: LabHost): Promise<void> {
  await expect.poll(() => processesOf(host), { timeout: 10_000, interval: 50 }).toEqual([]);
}

/** What a guest would read from both is the same. */
export async function expectSameContent(raw: string, qcow2: string): Promise<void> {
  await execa('qemu-img', ['compare', '-f', 'raw', '-F', 'qcow2', raw, qcow2]);
}
