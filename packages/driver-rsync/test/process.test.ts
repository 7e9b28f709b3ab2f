import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Host } from '@image-api/driver';
import { createHosts } from '@image-api/host';
import { sshdMissing } from '../../host/test/real-sshd.ts';
import { createLab, mebibyte } from './lab.ts';
import type { End, Lab } from './lab.ts';
import { openSite } from './site.ts';
import type { Site } from './site.ts';

// Real logins on a machine that may be busy.
vi.setConfig({ testTimeout: 20_000, hookTimeout: 20_000 });

let site: Site;
let lab: Lab;
let local: Host;
let box: Host;

beforeAll(async () => {
  site = await openSite();
  ({ lab, local, box } = site);
});

afterAll(() => site.close());

/** The far end of a copy, and the near one. */
describe.each([
  ['within this machine', () => [local, local] as const, false],
  ['to a host', () => [local, box] as const, true],
  ['from a host', () => [box, local] as const, true],
])('rsync %s', (title, ends, overSsh) => {
  const skipped = overSsh && sshdMissing !== undefined;
  const key = title.replaceAll(' ', '-');

  it.skipIf(skipped)('runs exactly the command it planned', async () => {
    const [from, to] = ends();
    const [image, staging] = [await lab.make(`${key}-plan.raw`, 3), await lab.make(`${key}-plan.part`)];
    const copy = { from: { host: from, path: image }, to: { host: to, path: staging }, limits: { bandwidth: 4 * mebibyte } };
    const offer = await lab.offer(copy);
    if (!offer.accept) throw new Error(offer.reason);
    const moving = lab.copy(copy);
    const wanted = ['rsync', ...(offer.commands[0]?.args ?? [])].join('\0');
    await expect.poll(() => commandLines().includes(wanted), { timeout: 3000, interval: 20 }).toBe(true);
    await moving;
  });

  it.skipIf(skipped)('rejects with CANCELLED at once, and leaves nothing running', async () => {
    const [from, to] = ends();
    const [image, staging] = [await lab.make(`${key}-cancel.raw`, 8), await lab.make(`${key}-cancel.part`)];
    const cancel = new AbortController();
    const copy = {
      from: { host: from, path: image },
      to: { host: to, path: staging },
      limits: { bandwidth: mebibyte },
      signal: cancel.signal,
    };
    const moving = endOf(lab.copy(copy));
    await expect.poll(() => ofCopy(staging).length, { timeout: 3000 }).toBeGreaterThan(0);
    const cancelledAt = performance.now();
    cancel.abort();
    expect(await moving).toMatchObject({ code: 'CANCELLED' });
    expect(performance.now() - cancelledAt).toBeLessThan(2000);
    expect(ofCopy(staging).filter((line) => !line.includes('--server'))).toEqual([]);
    await expect.poll(() => ofCopy(staging), { timeout: 3000 }).toEqual([]);
  });

  it.skipIf(skipped)('says that there is nothing to copy, and that nothing was written', async () => {
    const [from, to] = ends();
    const staging = await lab.make(`${key}-missing.part`);
    const moving = lab.copy({ from: { host: from, path: lab.path('nothing-there') }, to: { host: to, path: staging } });
    await expect(moving).rejects.toMatchObject({ code: 'SOURCE_MISSING', origin: 'source', untouched: true, driver: 'rsync' });
  });
});

it('does not wait for a tool that will not end', async () => {
  const bin = lab.path('stubborn');
  await mkdir(bin);
  // The real rsync, in something that takes no notice of TERM and stays when it is over.
  const script = ['#!/bin/sh', 'PATH=${PATH#*:}', 'test $# -gt 1 || exec rsync "$@"', "trap '' TERM", 'rsync "$@"', 'exec sleep 20', ''];
  await writeFile(join(bin, 'rsync'), script.join('\n'), { mode: 0o755 });
  const hosts = createHosts({ environment: { ...process.env, PATH: `${bin}:${process.env['PATH']}` } });
  const stubborn = await createLab(hosts.local);
  try {
    const [image, staging] = [await stubborn.make('stubborn.raw', 8), await stubborn.make('stubborn.part')];
    const cancel = new AbortController();
    const end = (path: string): End => ({ host: hosts.local, path });
    const moving = endOf(stubborn.copy({ from: end(image), to: end(staging), limits: { bandwidth: mebibyte }, signal: cancel.signal }));
    await expect.poll(() => ofCopy(staging).length, { timeout: 3000 }).toBeGreaterThan(0);
    const cancelledAt = performance.now();
    cancel.abort();
    expect(await moving).toMatchObject({ code: 'CANCELLED' });
    expect(performance.now() - cancelledAt).toBeLessThan(2000);
  } finally {
    await stubborn.remove();
    await hosts.close();
  }
});

/** How a copy ended, wherever that is looked at: its error, or what it reported. */
function endOf(copying: Promise<unknown>): Promise<unknown> {
  return copying.catch((error: unknown) => error);
}

/** The command lines of rsyncs that name a file of this test. Looks only. */
function ofCopy(path: string): string[] {
  return commandLines().filter((line) => line.startsWith('rsync\0') && line.includes(path));
}

/** Read without a child: on a busy machine a process for each of them takes longer than a copy. */
function commandLines(): string[] {
  return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? commandLineOf(name) : []));
}

function commandLineOf(pid: string): string[] {
  try {
    return [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replace(/\0$/, '')];
  } catch {
    return [];
  }
}
