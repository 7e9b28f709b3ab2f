import { mkdir, readFile, readdir } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { describeLab } from '../src/describe-lab.ts';
import { expectExit } from '../src/expect-copied.ts';
import { hostileImages } from '../src/hostile-images/hostile-images.ts';
import type { HostileImage } from '../src/hostile-images/hostile-image.ts';
import { imagePath, makeImages } from '../src/hostile-images/make-images.ts';
import { watchTools } from '../src/hostile-images/watch-tools.ts';
import type { Watched } from '../src/hostile-images/watch-tools.ts';
import { sha256 } from '../src/image-files.ts';
import type { ImagectlResult } from '../src/imagectl.ts';
import type { LabHost } from '../src/lab-host.ts';
import { failureOf } from '../src/result-lines.ts';

const directory = '/srv/hostile';
const images = hostileImages.map((image, index) => ({ ...image, path: imagePath(directory, index), out: `/srv/out/${index}` }));
const refusedOnes = images.filter(({ refused }) => refused);

/** Each of another kind, for what costs more. */
const overSsh = [
  'qcow2 over the secret',
  'qcow2 over the secret, its name far from the header',
  'a text that names the secret',
  'vhdx with a log',
  'fixed vhd whose guest wrote the start of another vhd',
  'raw said to be qcow2',
  'good qcow2',
  'good vhdx',
];

/** The first of each rule, and the first that is good. What is wrong below an image is for `copy`, which goes down to it. */
const toInspect = images.filter(({ refused }, index) => images.findIndex((other) => other.refused?.rule === refused?.rule) === index);

describeLab('hostile images', { hosts: { alpha: {} }, tools: ['qemu-img'], sideBySide: true }, (lab) => {
  const secrets: string[] = [];
  const watched = new Map<LabHost, Watched>();
  beforeAll(async () => {
    for (const host of lab().all) {
      await mkdir(host.outside(directory));
      secrets.push(await makeImages(hostileImages, host, directory));
      for (const { out } of images) await mkdir(host.outside(out), { recursive: true });
    }
    for (const host of lab().all) watched.set(host, await watchTools(host));
  });

  const flagsOf = ({ claimed, allowBacking }: HostileImage): readonly string[] => [
    ...(claimed ? ['--format', claimed] : []),
    ...(allowBacking ? ['--allow-backing'] : []),
  ];

  /** Refused by its rule, with no byte published, left behind or told, and no program of QEMU started; or copied as it is. */
  const expectDone = async (result: ImagectlResult, image: (typeof images)[number], to: LabHost): Promise<void> => {
    const out = await readdir(to.outside(image.out));
    if (image.refused) {
      expectExit(result, 9);
      const { code, details } = failureOf(result) as ReturnType<typeof failureOf> & { details: { findings: { rule: string }[] } };
      expect(code, result.story).toBe(image.refused.code);
      expect(
        details.findings.map(({ rule }) => rule),
        result.story,
      ).toContain(image.refused.rule);
      expect(out, 'nothing published, nothing left').toEqual([]);
      for (const secret of secrets) expect(result.story).not.toContain(secret);
      for (const { calls } of watched.values()) expect(await calls(), 'no program of QEMU saw it').not.toContain(image.path);
    } else {
      expectExit(result, 0);
      expect(out, result.story).toEqual(['copy.img']);
    }
  };

  it('are at least 40, beside good ones, and some of them would make QEMU hand out the secret', async () => {
    expect(new Set(images.map(({ name }) => name)).size).toBe(images.length);
    expect(refusedOnes.length).toBeGreaterThanOrEqual(40);
    const { here } = lab();
    const betrayed: string[] = [];
    const traitors = images.filter(({ betrays }) => betrays);
    for (const { name, path, betrays } of traitors) {
      // A name of its own: nobody is to have called a program with the name of the image.
      await here.run(['ln', '-f', path, '/srv/hostile/traitor']);
      await here.run(['/srv/watched/qemu-img.real', 'convert', '-f', betrays!, '-O', 'raw', '/srv/hostile/traitor', '/srv/betrayed']);
      if ((await readFile(here.outside('/srv/betrayed'), 'latin1')).startsWith(secrets[0]!)) betrayed.push(name);
    }
    expect(betrayed).toEqual(traitors.map(({ name }) => name));
    expect(traitors.length).toBeGreaterThanOrEqual(10);
  });

  describe.concurrent('are copied or refused as they should be, here:', () => {
    it.each(images)('$name', async (image) => {
      const result = await lab().imagectl(['copy', '--json', image.path, `${image.out}/copy.img`, ...flagsOf(image)]);
      await expectDone(result, image, lab().here);
    });
  });

  describe('are copied or refused as they should be over ssh,', () => {
    const few = images.filter(({ name }) => overSsh.includes(name));

    it('a few of them', () => expect(few.map(({ name }) => name).toSorted()).toEqual(overSsh.toSorted()));

    it.each(few)('from there: $name', async (image) => {
      const out = `${image.out}-from-there`;
      await mkdir(lab().here.outside(out));
      const result = await lab().imagectl(['copy', '--json', `alpha:${image.path}`, `${out}/copy.img`, ...flagsOf(image)]);
      await expectDone(result, { ...image, out }, lab().here);
    });

    it.each(few)('to there: $name', async (image) => {
      const result = await lab().imagectl(['copy', '--json', image.path, `alpha:${image.out}/copy.img`, ...flagsOf(image)]);
      await expectDone(result, image, lab().host('alpha'));
    });
  });

  it('that are good arrive as they were', async () => {
    const { here } = lab();
    const good = images.filter(({ refused }) => !refused);
    for (const { path, out, name } of good)
      expect(await sha256(here.outside(`${out}/copy.img`)), name).toBe(await sha256(here.outside(path)));
    expect(good.length).toBeGreaterThan(20);
  });

  describe.concurrent('are told by inspect as copy treats them:', () => {
    it.each(toInspect)('$name', async (image) => {
      const result = await lab().imagectl(['inspect', '--json', image.path, ...flagsOf(image)]);
      expectExit(result, image.refused ? 9 : 0);
      const { verdict, findings } = JSON.parse(result.stdout) as { verdict: string; findings: readonly { rule: string }[] };
      expect(verdict).toBe(image.refused ? 'unsafe' : 'safe');
      expect(findings.map(({ rule }) => rule)).toEqual(expect.arrayContaining(image.refused ? [image.refused.rule] : []));
    });
  });

  it('would have been seen in the hands of QEMU', async () => {
    await lab().here.run(['qemu-img', 'info', '-f', 'raw', images[0]!.path]);
    expect(await watched.get(lab().here)!.calls()).toContain(`qemu-img info -f raw ${images[0]!.path}`);
  });
});
