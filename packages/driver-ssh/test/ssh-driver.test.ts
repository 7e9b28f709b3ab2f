import { randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { open, readdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AcceptedOffer, Counters } from '@image-api/driver';
import { createHosts } from '@image-api/host';
import type { Hosts } from '@image-api/host';
import { withBareHost } from '../../host/test/bare-host.ts';
import { makeLoopDevice } from '../../host/test/loop-device.ts';
import { sshdMissing } from '../../host/test/real-sshd.ts';
import type { RealSshd } from '../../host/test/real-sshd.ts';
import { openSshSite } from '../../host/test/ssh-site.ts';
import type { SshSite } from '../../host/test/ssh-site.ts';
import { ssh } from '../src/index.ts';
import type { SshOptions } from '../src/index.ts';
import { ask, failureOf, reaches, staging } from './copying.ts';
import type { Asked, Machines, Wish } from './copying.ts';

const mib = 2 ** 20;
type Kind = 'upload' | 'download';
const kinds: readonly Kind[] = ['upload', 'download'];

describe.skipIf(sshdMissing !== undefined)(`ssh${sshdMissing === undefined ? '' : ` (${sshdMissing})`}`, { timeout: 60_000 }, () => {
  let site: SshSite;
  let directory = '';
  let sshd: RealSshd;
  let hosts: Hosts;
  let count = 0;

  beforeAll(async () => {
    site = await openSshSite('driver-ssh-');
    ({ directory, sshd, hosts } = site);
  });
  afterAll(() => site.close());

  /** An image of so many MiB: noise, or what packs well. */
  async function image(size: number, text?: string): Promise<string> {
    const path = join(directory, `from-${++count}.raw`);
    await writeFile(path, text === undefined ? randomBytes(size * mib) : Buffer.alloc(size * mib, text));
    return path;
  }

  const askFor = async (kind: Kind, from: string, to: string, wish: Wish = {}, by: Machines = hosts): Promise<Asked> => {
    const far = { host: 'box' };
    const [sender, receiver] = kind === 'upload' ? [{}, far] : [far, {}];
    return ask(by, { path: from, ...sender }, { path: to, ...receiver }, { scratchDir: directory, ...wish });
  };
  const fresh = (): Promise<string> => staging(join(directory, `to-${++count}.part`));
  const offered = async (asked: Asked, options: SshOptions = {}): Promise<AcceptedOffer> => {
    const offer = await ssh(options).offer(asked.request, asked.context);
    if (!offer.accept) throw new Error(`refused: ${offer.reason}`);
    return offer;
  };
  const copy = async ({ request, context }: Asked, options: SshOptions = {}): Promise<Partial<Counters>> =>
    (await ssh(options).transfer(request, context)).counters;
  const expectSame = (from: string, to: string): void => expect(readFileSync(to).equals(readFileSync(from)), 'the same bytes').toBe(true);

  it.each(kinds)('packs what a sample says will shrink, tells so in the plan, and sends little: %s', async (kind) => {
    const [from, to] = [await image(32, 'a line that comes again and again\n'), await fresh()];
    const asked = await askFor(kind, from, to);
    const offer = await offered(asked);
    expect(offer.reason).toMatch(/^only the data, packed with zstd: a sample shrinks to \d %$/);
    expect(offer.commands[0]?.args.join(' ')).toContain('zstd -q -1 ');
    expect((await copy(asked)).bytesSent).toBeLessThan(mib);
    expectSame(from, to);
  });

  it.each(kinds)('measures the link before a large image, and tells in the plan what it carries: %s', async (kind) => {
    const asked = await askFor(kind, await image(64, 'a line that comes again and again\n'), await fresh());
    expect((await offered(asked)).reason).toMatch(
      /^only the data, packed with zstd: a sample shrinks to \d %, the link carries [\d.]+ MB\/s$/,
    );
  });

  it.each(kinds)('lets noise go as it is: %s', async (kind) => {
    const [from, to] = [await image(8), await fresh()];
    const asked = await askFor(kind, from, to);
    expect((await offered(asked)).reason).toMatch(/^only the data, not packed: a sample shrinks to 10\d %$/);
    await copy(asked);
    expectSame(from, to);
  });

  it.each(['zstd', 'gzip', 'none'] as const)('goes as it was asked for: %s', async (compress) => {
    for (const kind of kinds) {
      const [from, to] = [await image(3, 'text'), await fresh()];
      const { bytesSent = 0 } = await copy(await askFor(kind, from, to), { compress });
      expect(bytesSent > 3 * mib).toBe(compress === 'none');
      expectSame(from, to);
    }
  });

  it.each(kinds)('leaves out holes, and blocks of zeros that are none: %s', async (kind) => {
    const [from, to] = [join(directory, `sparse-${kind}.raw`), await fresh()];
    const file = await open(from, 'wx');
    await file.write(randomBytes(mib), 0, mib, 5 * mib + 512);
    await file.write(Buffer.alloc(8 * mib), 0, 8 * mib, 20 * mib);
    await file.write(randomBytes(4096), 0, 4096, 40 * mib);
    await file.close();
    await truncate(from, 100 * mib + 7);
    const asked = await askFor(kind, from, to);
    const counters = await copy(asked, { compress: 'none' });
    expect(counters.bytesLogical).toBe(100 * mib + 7);
    expect(counters.bytesSent).toBeLessThan(1.3 * mib);
    expect(statSync(to).blocks * 512).toBeLessThan(2 * mib);
    expectSame(from, to);
  });

  it.for(kinds)('reads a block device, and leaves out what is zero on it: %s', async (kind, context) => {
    const device = await makeLoopDevice(context, join(directory, `disk-${kind}.img`), 32 * mib);
    const to = await fresh();
    const disk = await open(device, 'r+');
    await disk.write(randomBytes(mib), 0, mib, 9 * mib);
    await disk.sync();
    await disk.close();
    expect(await copy(await askFor(kind, device, to))).toMatchObject({ bytesLogical: 32 * mib, bytesSkipped: 31 * mib });
    expectSame(device, to);
  });

  it.each(kinds)('goes on after every cut of the connection, and sends nothing twice: %s', async (kind) => {
    const [from, to] = [await image(24), await fresh()];
    let sent = 0;
    for (const [tries, position] of [6, 12, 18].entries()) {
      const held = tries === 0 ? {} : { held: 'resume' as const };
      const asked = await askFor(kind, from, to, { ...held, limits: { bandwidth: 12 * mib } });
      const running = failureOf(copy(asked, { compress: 'none' }));
      await reaches(asked, position * mib);
      sshd.cutSessions();
      expect(await running).toMatchObject({ code: 'UNREACHABLE', driver: 'ssh', retryable: true, untouched: false });
      sent += asked.updates.findLast(({ bytesSent }) => bytesSent !== undefined)?.bytesSent ?? 0;
    }
    const asked = await askFor(kind, from, to, { held: 'resume' });
    const { bytesSent = 0, bytesSkipped = 0 } = await copy(asked);
    expect(bytesSkipped).toBeGreaterThan(16 * mib);
    expect(sent + bytesSent).toBeLessThan(34 * mib);
    expectSame(from, to);
    expect(await readdir(directory)).not.toContain('pieces');
  });

  it.each(kinds)('goes on from what is there though pieces of it never reached the disk: %s', async (kind) => {
    const [from, to] = [await image(8), await fresh()];
    const half = readFileSync(from).subarray(0, 6 * mib);
    half.fill(0, 2 * mib, 3 * mib + 17);
    await writeFile(to, half);
    const { bytesSent } = await copy(await askFor(kind, from, to, { held: 'resume' }));
    expect(bytesSent).toBeLessThan(4.2 * mib);
    expectSame(from, to);
  });

  it('writes no more once the one who holds the file has let go of it', async () => {
    const other = createHosts({ ssh: { configFile: sshd.configFile } });
    const [from, to] = [await image(32), await fresh()];
    const claim = await other.ssh({ host: 'box' }).claim(to);
    const asked = await askFor('upload', from, to, { limits: { bandwidth: 4 * mib } });
    const running = failureOf(copy(asked));
    await reaches(asked, 2 * mib);
    await claim.release();
    expect(await running).toMatchObject({ code: 'UNREACHABLE', retryable: true, untouched: false });
    const { size } = statSync(to);
    expect(size).toBeLessThan(24 * mib);
    await sleep(500);
    expect(statSync(to).size).toBe(size);
    await other.close();
  });

  it.each(kinds)('tells a source that became shorter: %s', async (kind) => {
    const [from, to] = [await image(8), await fresh()];
    const asked = await askFor(kind, from, to);
    await truncate(from, 3 * mib);
    expect(await failureOf(copy(asked, { compress: 'none' }))).toMatchObject({ code: 'SOURCE_CHANGED', origin: 'source', driver: 'ssh' });
  });

  it('packs with gzip where zstd is missing over there', async () => {
    await withBareHost('ssh', { real: ['perl', 'gzip', 'wc', 'nproc'] }, async (box) => {
      for (const kind of kinds) {
        const [from, to] = [await image(16, 'text'), await fresh()];
        const wish = { limits: { bandwidth: 10 * mib } };
        const asked = await askFor(kind, from, to, wish, { local: hosts.local, ssh: () => box });
        expect((await offered(asked)).reason).toMatch(/^only the data, packed with gzip: a sample shrinks to \d %$/);
        await copy(asked);
        expectSame(from, to);
        const refused = await ssh({ compress: 'zstd' }).offer(asked.request, asked.context);
        expect(refused).toEqual({ accept: false, reason: 'compress is zstd, but zstd is not installed on box' });
      }
    });
  });

  it('refuses what it cannot do, and says why', async () => {
    const asked = await askFor('upload', await image(1), await fresh());
    const reasonFor = async (more: Wish): Promise<string> => {
      const offer = await ssh().offer({ ...asked.request, ...more }, asked.context);
      return offer.accept ? 'accepted' : offer.reason;
    };
    expect(await reasonFor({ toFormat: 'qcow2' })).toBe('cannot convert to qcow2');
    expect(await reasonFor({ to: { ...asked.request.to, facts: { kind: 'block', size: mib } } })).toContain('no block devices');
    expect(await reasonFor({ to: { ...asked.request.to, scheme: 'nbd' } })).toContain('from file to nbd');
  });
});
