import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPacedPipe } from './create-paced-pipe.ts';
import type { PacedPipe } from './create-paced-pipe.ts';
import { paceProgram } from './pace-program.ts';

const mib = 2 ** 20;
const children: ChildProcess[] = [];
let pipe: PacedPipe;
let directory = '';

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'image-api-pace-'));
});

afterEach(async () => {
  await pipe.close();
  for (const child of children.splice(0)) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  await rm(directory, { recursive: true, force: true });
});

/** A program of this machine behind the pipe, as rsync would start it there. */
function start(words: readonly string[], stdio: 'pipe' | 'inherit' = 'pipe', program = paceProgram()): ChildProcess {
  const environment = { PATH: process.env['PATH'], ...pipe.environment };
  const child = spawn(program, words, { stdio: ['pipe', 'pipe', stdio], env: environment });
  child.stdin?.on('error', () => undefined);
  children.push(child);
  return child;
}

function startHere(...words: readonly string[]): ChildProcess {
  return start(['--here', 'localhost', ...words]);
}

/** Counts what comes. */
function countOutput(child: ChildProcess): { readonly bytes: number } {
  const seen = { bytes: 0 };
  child.stdout?.on('data', (piece: Buffer) => (seen.bytes += piece.length));
  return seen;
}

async function statusOf(child: ChildProcess): Promise<number | string> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode ?? String(child.signalCode);
}

/** How much more comes in so many milliseconds, and how long that really was. */
async function growth(seen: { readonly bytes: number }, ms: number): Promise<{ bytes: number; seconds: number }> {
  const [before, startedAt] = [seen.bytes, performance.now()];
  await sleep(ms);
  return { bytes: seen.bytes - before, seconds: (performance.now() - startedAt) / 1000 };
}

function endless(): ChildProcess {
  return startHere('cat', '/dev/zero');
}

describe('a paced pipe', () => {
  it('hands on every byte, both ways, and the exit status', async () => {
    pipe = await createPacedPipe({ limits: {} });
    const child = startHere('sh', '-c', 'cat; exit 23');
    const bytes = randomBytes(9 * mib + 17);
    const got = createHash('sha256');
    child.stdout?.on('data', (piece: Buffer) => got.update(piece));
    child.stdin?.end(bytes);
    expect(await statusOf(child)).toBe(23);
    expect(got.digest('hex')).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(await pipe.exit()).toEqual({ exitCode: 23, signal: null });
    expect(pipe.counters).toEqual({ up: bytes.length, down: bytes.length });
  });

  it.each([2 * mib, 32 * mib])('keeps %i bytes/s from the first byte on', async (bandwidth) => {
    pipe = await createPacedPipe({ limits: { bandwidth } });
    const startedAt = performance.now();
    const seen = countOutput(endless());
    let cameAt = Infinity;
    while (performance.now() - startedAt < 700) {
      if (seen.bytes > 0) cameAt = Math.min(cameAt, performance.now());
      expect(seen.bytes).toBeLessThanOrEqual(((performance.now() - startedAt) / 1000) * bandwidth);
      await sleep(5);
    }
    await sleep(1000);
    // Since the beginning: what a busy machine brings late belongs to before.
    const shareSince = (momentMs: number): number => seen.bytes / ((performance.now() - momentMs) / 1000) / bandwidth;
    expect(shareSince(cameAt)).toBeGreaterThan(0.85);
    expect(shareSince(startedAt)).toBeLessThan(1);
  });

  it('keeps a limit on the way up', async () => {
    pipe = await createPacedPipe({ limits: { bandwidth: 8 * mib } });
    const child = startHere('sh', '-c', 'cat > /dev/null');
    const startedAt = performance.now();
    child.stdin?.end(Buffer.alloc(6 * mib));
    expect(await statusOf(child)).toBe(0);
    expect(performance.now() - startedAt).toBeGreaterThan(750);
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });

  it('goes by a change at once, up and down', async () => {
    pipe = await createPacedPipe({ limits: { bandwidth: 10 * mib } });
    const seen = countOutput(endless());
    while (seen.bytes === 0) await sleep(5);
    for (const bandwidth of [40 * mib, 5 * mib]) {
      const askedAt = performance.now();
      expect(await pipe.setLimits({ bandwidth })).toEqual({ bandwidth });
      expect(performance.now() - askedAt, 'milliseconds until it was in force').toBeLessThan(100);
      // A machine that stands still for a moment moves bytes from one window into the next.
      const shares: number[] = [];
      do {
        const { bytes, seconds } = await growth(seen, 1000);
        shares.push(bytes / seconds / bandwidth);
      } while (shares.length < 3 && Math.abs(shares.at(-1)! - 1) > 0.2);
      expect(Math.abs(shares.at(-1)! - 1), `shares of ${bandwidth}: ${shares.join(', ')}`).toBeLessThan(0.2);
    }
    expect(await pipe.setLimits({})).toEqual({});
    // How fast it is then is for the bench to say.
    expect((await growth(seen, 300)).bytes).toBeGreaterThan(10 * mib);
  });

  it('lets nothing through while it is paused, and is patient with itself then', async () => {
    pipe = await createPacedPipe({ limits: {} });
    const seen = countOutput(endless());
    while (seen.bytes < mib) await sleep(5);
    await pipe.pause();
    await sleep(50);
    const before = pipe.progress;
    expect((await growth(seen, 500)).bytes).toBe(0);
    expect(pipe.progress).not.toBe(before);
    await pipe.setLimits({ bandwidth: mib });
    expect((await growth(seen, 300)).bytes).toBe(0);
    await pipe.resume();
    const { bytes } = await growth(seen, 500);
    expect(bytes).toBeGreaterThan(mib / 4);
    expect(bytes).toBeLessThanOrEqual(mib);
    await sleep(100);
    expect(Math.abs(pipe.counters.down - seen.bytes)).toBeLessThan(mib / 4);
  });

  it('begins paused when it is paused before it begins', async () => {
    pipe = await createPacedPipe({ limits: {} });
    await pipe.pause();
    const seen = countOutput(endless());
    await sleep(600);
    expect(seen.bytes).toBe(0);
    await pipe.resume();
    await expect.poll(() => seen.bytes).toBeGreaterThan(0);
  });

  it('is held for reasons of our own whatever is said of pauses, and is not patient with itself then', async () => {
    pipe = await createPacedPipe({ limits: {} });
    const seen = countOutput(endless());
    await expect.poll(() => seen.bytes).toBeGreaterThan(mib);
    await pipe.hold(true);
    await pipe.pause();
    await pipe.resume();
    await sleep(100);
    const progress = pipe.progress;
    expect((await growth(seen, 200)).bytes).toBe(0);
    expect(pipe.progress).toBe(progress);
    await pipe.hold(false);
    expect((await growth(seen, 200)).bytes).toBeGreaterThan(mib);
  });

  it('says so when the program does not answer, and goes by what was asked for when it goes on', async () => {
    pipe = await createPacedPipe({ limits: {} });
    const child = endless();
    const seen = countOutput(child);
    await expect.poll(() => seen.bytes).toBeGreaterThan(mib);
    child.kill('SIGSTOP');
    const error = { code: 'STALLED', origin: 'driver', retryable: true, message: expect.stringContaining('has not answered for 3 s') };
    await Promise.all([
      expect(pipe.pause()).rejects.toMatchObject(error),
      expect(pipe.setLimits({ bandwidth: mib })).rejects.toMatchObject(error),
    ]);
    child.kill('SIGCONT');
    await pipe.resume();
    await sleep(300);
    const { bytes, seconds } = await growth(seen, 1000);
    expect(bytes / seconds / mib).toBeLessThan(1.5);
  });

  it('ends with the far end, though its input stays open, and tells how even while it is paused', async () => {
    pipe = await createPacedPipe({ limits: { bandwidth: mib } });
    const child = startHere('sh', '-c', 'echo a last word; exit 255');
    await pipe.pause();
    const seen = countOutput(child);
    expect(await statusOf(child)).toBe(255);
    expect(seen.bytes).toBe(12);
    expect(await pipe.exit()).toEqual({ exitCode: 255, signal: null });
  });

  it.each(['SIGUSR1', 'SIGTERM'] as const)('ends, and its far end with it, by %s, as rsync ends its children', async (signal) => {
    pipe = await createPacedPipe({ limits: {} });
    const child = startHere('sh', '-c', `echo $$; exec sleep 1000`);
    const [pid] = (await once(child.stdout!, 'data')) as [Buffer];
    await pipe.pause();
    child.kill(signal);
    expect(await statusOf(child)).not.toBe(0);
    await expect.poll(() => existsSync(`/proc/${String(pid).trim()}`)).toBe(false);
  });

  it('ends when nobody takes its bytes any more', async () => {
    pipe = await createPacedPipe({ limits: {} });
    const child = endless();
    child.stdout?.destroy();
    expect(await statusOf(child)).not.toBe(0);
  });

  it('ends when its owner is gone, even paused', async () => {
    pipe = await createPacedPipe({ limits: {} });
    const child = endless();
    countOutput(child);
    await expect.poll(() => pipe.counters.down).toBeGreaterThan(0);
    await pipe.pause();
    await pipe.close();
    expect(await statusOf(child)).not.toBe(0);
    expect(existsSync(dirname(pipe.environment['IMAGE_API_PACE_SOCKET'] ?? ''))).toBe(false);
  });

  it('reads and writes plain files, too', async () => {
    pipe = await createPacedPipe({ limits: {} });
    const [from, to] = [join(directory, 'from'), join(directory, 'to')];
    const bytes = randomBytes(3 * mib + 5);
    await writeFile(from, bytes);
    const shell = 'exec "$0" --here localhost cat < "$1" > "$2"';
    const environment = { PATH: process.env['PATH'], ...pipe.environment };
    await promisify(execFile)('sh', ['-c', shell, paceProgram(), from, to], { env: environment });
    expect(Buffer.compare(await readFile(to), bytes)).toBe(0);
  });

  it('carries a connection', async () => {
    pipe = await createPacedPipe({ limits: {} });
    const server = createServer((socket) => void socket.on('end', () => socket.end('and back')).on('data', () => undefined)).listen(
      0,
      '127.0.0.1',
    );
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const child = start(['--connect', '127.0.0.1', String(port)]);
    let answer = '';
    child.stdout?.on('data', (piece: Buffer) => (answer += piece.toString()));
    child.stdin?.end('there');
    expect(await statusOf(child)).toBe(0);
    expect(answer).toBe('and back');
    await new Promise((resolve) => server.close(resolve));
    const refused = start(['--connect', '127.0.0.1', String(port)]);
    let words = '';
    refused.stderr?.on('data', (piece: Buffer) => (words += piece.toString()));
    expect(await statusOf(refused)).toBe(10);
    expect(words).toContain('failed to connect to 127.0.0.1');
  });

  it('runs from a path with blanks and quotes in it', async () => {
    pipe = await createPacedPipe({ limits: {} });
    const odd = join(directory, 'it\'s my"folder');
    await mkdir(odd);
    await cp(dirname(dirname(paceProgram())), odd, { recursive: true, filter: (path) => !/node_modules|\/src|\/test/.test(path) });
    const child = start(['--here', 'localhost', 'echo', 'hello'], 'pipe', join(odd, 'bin/image-api-pace'));
    const seen = countOutput(child);
    expect(await statusOf(child)).toBe(0);
    expect(seen.bytes).toBe(6);
  });

  it('shows no variable of its own to what it starts', async () => {
    pipe = await createPacedPipe({ limits: {} });
    const child = startHere('env');
    let text = '';
    child.stdout?.on('data', (piece: Buffer) => (text += piece.toString()));
    await statusOf(child);
    expect(text).toContain('PATH=');
    expect(text).not.toContain('IMAGE_API');
  });
});

it('is the other end itself when it has no owner, so that a command of a plan can be tried by hand', async () => {
  pipe = await createPacedPipe({ limits: {} });
  const { stdout } = await promisify(execFile)(paceProgram(), ['--here', 'localhost', 'echo', 'a b']);
  expect(stdout).toBe('a b\n');
});
