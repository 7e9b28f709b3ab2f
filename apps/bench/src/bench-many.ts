import { copyFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { execa } from 'execa';
import type { ImageApi } from 'image-api';
import { comparisonOfRace } from './comparison-of.ts';
import { copyBy, withLibrary } from './library.ts';
import { makeImage } from './make-image.ts';
import { outcomeOf } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { race } from './race.ts';
import type { Setting } from './setting.ts';

const images = 200;

/** Many small images at once: one program with the library, as many copies under way as it lets run, beside loops of `cp`. */
export async function benchMany({ folder, rounds, mebibytes }: Setting): Promise<Outcome> {
  const [from, to] = [join(folder, 'from'), join(folder, 'to')];
  const each = Math.max(1, Math.round(mebibytes / images));
  await mkdir(from);
  await makeImage(join(folder, 'one.raw'), each);
  const names = Array.from({ length: images }, (_, index) => `${index}.raw`);
  for (const name of names) await copyFile(join(folder, 'one.raw'), join(from, name));
  const one = 'cp -- "$1" "$2" && sync -- "$2"';
  const loop = `for file in "$1"/*; do cp -- "$file" "$2"; sync -- "$2/\${file##*/}"; done`;
  const score = await withLibrary((api) => {
    const contenders = [
      {
        name: 'image-api, copy() of a program',
        work: async () => void (await Promise.all(names.map((name) => copyBy(api, join(from, name), join(to, name))))),
      },
      { name: 'cp && sync FILE, one after another', command: ['sh', '-c', loop, 'sh', from, to] as const },
      {
        name: 'cp && sync FILE, by xargs -P 4',
        command: ['sh', '-c', `ls "$1" | xargs -P 4 -I NAME sh -c '${one}' sh "$1/NAME" "$2/NAME"`, 'sh', from, to] as const,
      },
    ];
    return race(`${images} images of ${each} MiB each`, contenders, rounds, async () => {
      await rm(to, { recursive: true, force: true });
      await mkdir(to);
      await execa('sync', ['-f', folder]);
    });
  });
  const delayMs = await longestDelay((api) => Promise.all(names.map((name) => copyBy(api, join(from, name), join(to, `again-${name}`)))));
  const delay = `With all ${images} under way at once (concurrency: ${images}), whatever else the program does waits ${delayMs.toFixed(0)} ms at the most.`;
  const { text, record } = outcomeOf([score]);
  return {
    text: `${text}\n  ${delay}`,
    record: { ...record, delayMs },
    section: {
      title: 'Many small images',
      about: 'All are asked for at once; four run at a time, which is the default.',
      judgedBy: 'least',
      comparisons: [{ ...comparisonOfRace(score, [{ beside: 'best peer', atMost: 1.1 }]), remarks: [delay] }],
    },
  };
}

/** How long the process was deaf while all ran at once, in milliseconds. */
async function longestDelay(work: (api: ImageApi) => Promise<unknown>): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  await withLibrary(work, { concurrency: images });
  delay.disable();
  return delay.max / 1e6;
}
