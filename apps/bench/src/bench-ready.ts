import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { makeSampleImage } from '../../../scripts/sample-image.mjs';
import { imagectl } from './imagectl.ts';
import type { Outcome } from './outcome.ts';
import { readyPage } from './ready-page.ts';
import type { Setting } from './setting.ts';
import { openSlowLink } from './slow-link.ts';
import type { SlowLink } from './slow-link.ts';

/** What came of one copy, in seconds. */
export interface ReadyTimes {
  /** From the start of the process until the copy was asked for. */
  readonly started: number;
  /** From there until the image could be used. */
  readonly ready: number;
  /** From there until the first mebibyte was read from it, and was right. */
  readonly firstMebibyte: number;
  /** From there until all of it was there, checked and published. */
  readonly complete: number;
}

/** All copies of an image that looks this large. */
export interface ReadyRun {
  readonly gibibytes: number;
  readonly copies: readonly ReadyTimes[];
  /** What `qemu-img convert` takes for the same, in seconds. */
  readonly converts: readonly number[];
}

const rate = '100mbit';
const mebibyte = 2 ** 20;
const address = 'nbd://127.0.0.1/disk';
const sizes = [4, 64];

/** How soon an image that comes over a slow link can be used, beside what it takes to copy all of it. Needs root, for the link. */
export async function benchReady({ folder, rounds, mebibytes }: Setting): Promise<Outcome | undefined> {
  if (process.getuid?.() !== 0) {
    console.log('ready: left out, only root may make a slow link');
    return undefined;
  }
  const link = await openSlowLink(rate);
  try {
    const runs: ReadyRun[] = [];
    const dataMiB = Math.ceil(mebibytes / 4);
    for (const gibibytes of sizes) runs.push(await runOf(link, folder, { gibibytes, dataMiB, rounds: Math.ceil(rounds / 3) }));
    return { record: { rate, dataMiB, runs }, ...readyPage(runs, { rate: '100 Mbit/s', dataMiB }) };
  } finally {
    await link.close();
  }
}

async function runOf(link: SlowLink, folder: string, shape: { gibibytes: number; dataMiB: number; rounds: number }): Promise<ReadyRun> {
  const from = join(folder, 'disk.raw');
  await makeSampleImage(from, { virtualMiB: shape.gibibytes * 1024, dataMiB: shape.dataMiB, stretches: 64 });
  const server = await serve(link, from);
  const copies: ReadyTimes[] = [];
  const converts: number[] = [];
  try {
    for (let round = 0; round < shape.rounds; round++) {
      copies.push(await copyOnce(link, from, join(folder, 'copy.qcow2')));
      converts.push(await convertOnce(link, join(folder, 'convert.qcow2')));
    }
  } finally {
    await server.stop();
    await rm(from);
  }
  return { gibibytes: shape.gibibytes, copies, converts };
}

async function serve(link: SlowLink, image: string): Promise<{ stop(): Promise<void> }> {
  const words = ['--read-only', '--format=raw', '--persistent', '--shared=8', '--export-name=disk', '--bind=127.0.0.1', image];
  const [program, ...args] = link.enter(['setpriv', '--pdeathsig', 'KILL', '--', 'qemu-nbd', ...words]);
  const server = execa(program, args, { reject: false, stdin: 'ignore' });
  const [ask, ...rest] = link.enter(['qemu-img', 'info', '-f', 'raw', address]);
  while ((await execa(ask, rest, { reject: false })).exitCode !== 0) await sleep(20);
  return {
    stop: async () => {
      server.kill('SIGKILL');
      await server;
    },
  };
}

async function copyOnce(link: SlowLink, from: string, to: string): Promise<ReadyTimes> {
  const words = [
    'copy',
    address,
    to,
    '--driver',
    'qemu-stream',
    '--needs',
    'readyEarly',
    '--format',
    'raw',
    '--to-format',
    'qcow2',
    '--json',
  ];
  const [program, ...args] = link.enter(imagectl(...words).command);
  const startedAt = performance.now();
  const seconds = (): number => (performance.now() - startedAt) / 1000;
  const copying = execa(program, args, { stdin: 'ignore' });
  let [started, ready, firstMebibyte] = [NaN, NaN, NaN];
  for await (const line of copying.iterable()) {
    const { type, uri } = JSON.parse(line) as { type: string; uri?: string };
    // The first thing that is told, before anything is looked at.
    if (Number.isNaN(started)) started = seconds();
    if (type !== 'ready' || uri === undefined) continue;
    ready = seconds() - started;
    await expectFirstMebibyte(uri, from, `${to}.first`);
    firstMebibyte = seconds() - started;
  }
  const times = { started, ready, firstMebibyte, complete: seconds() - started };
  await execa('qemu-img', ['compare', '-U', '-f', 'raw', '-F', 'qcow2', from, to]);
  await rm(to);
  return times;
}

/** Reads it as any client does, and refuses to measure what is not right. */
async function expectFirstMebibyte(uri: string, from: string, scratch: string): Promise<void> {
  await execa('qemu-img', ['dd', '-f', 'raw', '-O', 'raw', 'bs=1M', 'count=1', `if=${uri}`, `of=${scratch}`]);
  await execa('cmp', ['--bytes', String(mebibyte), from, scratch]);
  await rm(scratch);
}

async function convertOnce(link: SlowLink, to: string): Promise<number> {
  const [program, ...args] = link.enter(['qemu-img', 'convert', '-f', 'raw', '-O', 'qcow2', address, to]);
  const startedAt = performance.now();
  await execa(program, args, { stdin: 'ignore' });
  await execa('sync', [to]);
  const seconds = (performance.now() - startedAt) / 1000;
  await rm(to);
  return seconds;
}
