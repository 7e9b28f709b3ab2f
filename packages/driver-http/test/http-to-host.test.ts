import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Offer } from '@image-api/driver';
import { createHosts } from '@image-api/host';
import type { Hosts } from '@image-api/host';
import { processesRunning } from '../../host/test/processes.ts';
import { serveRange, startRangeServer } from '../../host/test/range-server.ts';
import type { RangeServer } from '../../host/test/range-server.ts';
import { sshdMissing, startSshd } from '../../host/test/real-sshd.ts';
import type { RealSshd, RealSshdOptions } from '../../host/test/real-sshd.ts';
import { openSshSite } from '../../host/test/ssh-site.ts';
import type { SshSite } from '../../host/test/ssh-site.ts';
import { http } from '../src/index.ts';
import type { HttpOptions } from '../src/index.ts';
import { ask, failureOf, rangeOf, reaches, staging } from './copying.ts';
import type { Asked, Wish } from './copying.ts';

const mib = 2 ** 20;
const image = randomBytes(48 * mib + 321);
const sha256 = `sha256:${createHash('sha256').update(image).digest('hex')}`;

describe.skipIf(sshdMissing !== undefined)(`to a host${sshdMissing === undefined ? '' : ` (${sshdMissing})`}`, () => {
  let site: SshSite;
  let directory: string;
  let sshd: RealSshd;
  let hosts: Hosts;
  let server: RangeServer;
  let to: string;
  let count = 0;

  beforeAll(async () => {
    site = await openSshSite('driver-http-to-host-');
    ({ directory, sshd, hosts } = site);
  });
  afterAll(() => site.close());
  beforeEach(async () => {
    server = await startRangeServer(image);
    to = await staging(join(directory, `to-${++count}.part`));
    // The core has looked there.
    await hosts.ssh({ host: sshd.alias }).stat(to);
  });
  afterEach(() => server.close());

  const facts = { size: image.length, identity: `size ${image.length}, etag "one"` };
  const asked = (wish: Wish = {}, path = to): Asked =>
    ask(hosts, `${server.origin}/disk.raw`, path, { host: hosts.ssh({ host: sshd.alias }), facts, ...wish });
  const copy = ({ request, context }: Asked, options: HttpOptions = {}): ReturnType<ReturnType<typeof http>['transfer']> =>
    http(options).transfer(request, context);
  const expectImage = (): void => expect(readFileSync(to).equals(image), 'the same bytes').toBe(true);
  const sessions = (): unknown[] =>
    processesRunning('ssh', '-s', ...(hosts.ssh({ host: sshd.alias }).ssh?.options ?? []), '--', 'box', 'sftp');

  /** Sends what is before that place, and an error instead of the rest. */
  function failFrom(position: number): void {
    server.handle = (request, response) => rangeOf(request).first >= position && !!response.writeHead(500).end();
  }

  /** Sends what is before that place, and nothing of the rest until it is let go. */
  function holdFrom(position: number): () => void {
    const held: (() => void)[] = [];
    server.handle = (request, response) => {
      if (rangeOf(request).first < position) return false;
      held.push(() => serveRange(server, request, response));
      return true;
    };
    return () => {
      server.handle = () => false;
      for (const letGo of held) letGo();
    };
  }

  it('comes in several ranges over one session, its digest computed on the way', async () => {
    const report = await copy(asked({ verify: 'sha256' }));
    expectImage();
    expect(report.fromDigest).toBe(sha256);
    expect(report.counters).toMatchObject({ bytesLogical: image.length, bytesSkipped: 0, bytesSent: image.length + 1 });
    expect(server.connections).toBe(4);
    expect(sshd.sessions()).toBe(1);
    expect(sessions()).toEqual([]);
  });

  it('has holes where it has zeros', async () => {
    server.content = Buffer.concat([randomBytes(mib), Buffer.alloc(60 * mib), randomBytes(70_000), Buffer.alloc(8 * mib + 5)]);
    await copy(asked({ facts: {} }));
    expect(readFileSync(to).equals(server.content)).toBe(true);
    expect(statSync(to).blocks * 512).toBeLessThan(1.5 * mib);
  });

  it('goes on when the web server went away, and fetches little again', async () => {
    failFrom(24 * mib);
    expect(await failureOf(copy(asked()))).toMatchObject({ code: 'READ_FAILED', retryable: true, untouched: false });
    server.handle = () => false;
    const { counters } = await copy(asked({ held: 'resume' }));
    expectImage();
    expect(counters.bytesSkipped).toBeGreaterThanOrEqual(24 * mib);
    expect(counters.bytesSent).toBe(image.length - (counters.bytesSkipped ?? 0) + 1);
  }, 30_000);

  it('goes on when the connection to the host was lost, from what was safe on the disk there', async () => {
    const letGo = holdFrom(40 * mib);
    const { context, ...first } = asked();
    const slowly = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 40));
    const failing = failureOf(copy({ ...first, context: { ...context, checkpoint: slowly } }, { connections: 2 }));
    await reaches(first, 38 * mib);
    sshd.cutSessions();
    letGo();
    expect(await failing).toMatchObject({ code: 'UNREACHABLE', origin: 'core', retryable: true, untouched: false, driver: 'http' });
    expect(sessions()).toEqual([]);
    const { counters } = await copy(asked({ held: 'resume' }));
    expectImage();
    // It could be recorded only while the connection stood.
    expect(counters.bytesSkipped).toBeGreaterThanOrEqual(8 * mib);
    expect(counters.bytesSent).toBe(image.length - (counters.bytesSkipped ?? 0) + 1);
  }, 30_000);

  it('does not go on with another content', async () => {
    failFrom(24 * mib);
    await failureOf(copy(asked()));
    server.handle = () => false;
    server.etag = '"two"';
    expect(await failureOf(copy(asked({ held: 'resume', facts: {} })))).toMatchObject({ code: 'SOURCE_CHANGED', retryable: false });
  }, 30_000);

  it('is found to have been replaced while it comes', async () => {
    server.handle = (request) => {
      if (rangeOf(request).first >= 8 * mib) server.etag = '"two"';
      return false;
    };
    const error = await failureOf(copy(asked(), { connections: 1 }));
    expect(error).toMatchObject({ code: 'SOURCE_CHANGED', origin: 'source', untouched: false, retryable: false });
    expect(sessions()).toEqual([]);
  });

  it('is cancelled at once, and nothing of it writes any more', async () => {
    const letGo = holdFrom(40 * mib);
    const controller = new AbortController();
    const running = asked({ signal: controller.signal });
    const failing = failureOf(copy(running));
    await reaches(running, 30 * mib);
    expect(sessions()).toHaveLength(1);
    const startedAt = performance.now();
    controller.abort();
    expect(await failing).toMatchObject({ code: 'CANCELLED', untouched: false });
    expect(performance.now() - startedAt).toBeLessThan(2000);
    expect(sessions()).toEqual([]);
    const { mtimeMs, size } = statSync(to);
    letGo();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(statSync(to)).toMatchObject({ mtimeMs, size });
  });

  it('ends in time, cancelled or not, when the host does not answer any more', async () => {
    const letGo = holdFrom(40 * mib);
    const controller = new AbortController();
    const running = asked({ signal: controller.signal });
    const cancelling = failureOf(copy(running));
    const waiting = asked({}, await staging(`${to}.other`));
    const stalling = failureOf(copy(waiting, { stallMs: 3000 }));
    await Promise.all([reaches(running, 30 * mib), reaches(waiting, 30 * mib)]);
    sshd.freezeSessions(true);
    try {
      letGo();
      await new Promise((resolve) => setTimeout(resolve, 200));
      const startedAt = performance.now();
      controller.abort();
      expect(await cancelling).toMatchObject({ code: 'CANCELLED' });
      expect(performance.now() - startedAt).toBeLessThan(2000);
      expect(await stalling).toMatchObject({ code: 'STALLED', retryable: true });
      expect(sessions()).toEqual([]);
    } finally {
      sshd.freezeSessions(false);
    }
  }, 30_000);

  it('says what is wrong with the file it goes to', async () => {
    const nowhere = join(directory, 'nowhere', 'to.part');
    expect(await failureOf(copy(asked({}, nowhere)))).toMatchObject({
      code: 'DESTINATION_UNWRITABLE',
      origin: 'destination',
      untouched: true,
    });
    await mkdir(`${to}.folder`);
    expect(await failureOf(copy(asked({}, `${to}.folder`)))).toMatchObject({ code: 'DESTINATION_KIND', untouched: true });
  });

  it('is offered with the way it goes', async () => {
    const { request, context } = asked({ limits: { bandwidth: 5e6 } });
    expect(await http().offer(request, context)).toMatchObject({
      accept: true,
      commands: [],
      space: image.length,
      limits: { bandwidth: 5e6 },
      notes: ['comes by the memory of this machine: nothing of it is written to a disk here'],
    });
  });

  describe.skipIf(whyNoMount() !== undefined)(`to a filesystem of its own${whyNoMount() ? ` (${whyNoMount()})` : ''}`, () => {
    let place: string;
    beforeEach(async () => {
      place = await mkdtemp(join(directory, 'small-'));
      mount('-t', 'tmpfs', '-o', 'size=16m', 'driver-http', place);
    });
    afterEach(() => execFileSync('umount', [place]));

    it('finds out that there is no room, though sftp has no word for it', async () => {
      const error = await failureOf(copy(asked({}, await staging(join(place, 'to.part')))));
      expect(error).toMatchObject({ code: 'NO_SPACE', origin: 'destination', untouched: false });
      expect(error.message).toContain(`${image.length} bytes`);
      expect(error.message).toContain('to.part.named on box');
    });

    it('finds out that it turned read-only, and that nothing was written', async () => {
      const path = await staging(join(place, 'to.part'));
      mount('-o', 'remount,ro', place);
      expect(await failureOf(copy(asked({}, path)))).toMatchObject({
        code: 'DESTINATION_UNWRITABLE',
        origin: 'destination',
        untouched: true,
      });
    });
  });

  describe('whose sftp is not as it should be', () => {
    async function offerOf(options: RealSshdOptions, wish: Wish = {}): Promise<Offer> {
      return withOther(options, async (others) => {
        const host = others.ssh({ host: 'box' });
        await host.stat(to);
        const { request, context } = ask(others, `${server.origin}/disk.raw`, to, { host, facts, ...wish });
        return http().offer(request, context);
      });
    }

    async function withOther<T>(options: RealSshdOptions, work: (others: Hosts) => Promise<T>): Promise<T> {
      const other = await startSshd(options);
      const others = createHosts({ ssh: { configFile: other.configFile } });
      try {
        return await work(others);
      } finally {
        await others.close();
        await other.stop();
      }
    }

    it('is refused where there is none', async () => {
      const none = { config: ['Subsystem other /bin/false'] };
      expect(await offerOf(none)).toEqual({ accept: false, reason: 'box offers no sftp, by which images are written there' });
    });

    it('is refused where it says what nobody understands', async () => {
      const program = join(directory, 'noisy');
      await writeFile(program, '#!/bin/sh\necho hello there you; cat\n', { mode: 0o755 });
      const noisy = await offerOf({ config: [`Subsystem sftp ${program}`] });
      expect(noisy).toMatchObject({ accept: false, reason: expect.stringContaining('cannot write to box by SFTP') });
    });

    const unsure = { config: ['Subsystem sftp internal-sftp -P fsync,limits'] };

    it('is told where it cannot say what is safe on its disk, and refused where a copy must be one that can go on', async () => {
      expect(await offerOf(unsure)).toMatchObject({ accept: true, notes: [expect.any(String), expect.stringContaining('begins anew')] });
      expect(await offerOf(unsure, { needs: ['resume'] })).toMatchObject({ accept: false, reason: expect.stringContaining('sftp of box') });
    });

    it('begins anew there', async () => {
      failFrom(24 * mib);
      await withOther(unsure, async (others) => {
        const wish = { host: others.ssh({ host: 'box' }), facts };
        const again = (held: Wish): Asked => ask(others, `${server.origin}/disk.raw`, to, { ...wish, ...held });
        await failureOf(copy(again({})));
        expect(statSync(to).size, 'no record').toBe(image.length);
        server.handle = () => false;
        expect((await copy(again({ held: 'resume' }))).counters.bytesSkipped).toBe(0);
        expectImage();
      });
    }, 30_000);
  });
});

/** Why nothing can be mounted here; `undefined` when it can. */
function whyNoMount(): string | undefined {
  return process.getuid?.() === 0 ? undefined : 'only root may mount';
}

function mount(...words: readonly string[]): void {
  execFileSync('mount', words, { stdio: 'pipe' });
}
