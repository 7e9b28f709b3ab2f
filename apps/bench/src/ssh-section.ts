import { median } from './race.ts';
import type { Score } from './race.ts';
import type { Aim, Comparison } from './section.ts';
import type { MadeImage, SshImage } from './ssh-images.ts';
import type { Direction } from './ssh-peers.ts';

export interface Link {
  /** As `tc` writes it; absent for as fast as the machine. */
  readonly rate?: string;
  readonly words: string;
  readonly bytesPerSecond?: number;
  /** Of the size that was asked for. */
  readonly share: number;
}

/** What the planner said beforehand. */
export interface Planned {
  readonly driver: string;
  readonly reason: string;
  readonly seconds: number;
}

/** The plan of the first copy on its route, and that of another one after all these. */
export interface Plans {
  readonly first: Planned;
  readonly next: Planned;
}

const why =
  'Before the first byte imagectl starts Node.js, looks at both ends, locks the name there and packs a sample, and after the last it checks and renames: ' +
  'a part of a second that a script saves, and that counts the more the sooner the copy is over.';
const whySparse = `${why} Where both ends share few processors, packing and ssh have to share them, too.`;
const aims: Readonly<Record<SshImage, readonly Aim[]>> = {
  dense: [{ beside: 'best peer', atMost: 1.05, why }],
  sparse: [
    { beside: 'best peer', atMost: 0.75, why: whySparse },
    { beside: 'bound', atMost: 1.6, why: whySparse },
  ],
  qcow2: [{ beside: 'best peer', atMost: 1.05, why }],
};

const waysWords: Readonly<Record<Direction, string>> = {
  up: 'up (from where the command runs)',
  down: 'down',
  between: 'from one host to another, asked for on a third',
};

/** What was copied, for the page. */
export function aboutImage(image: SshImage, { bytes, data, packed }: MadeImage, link: Link, directions: readonly Direction[]): string {
  const words = {
    dense: `An image of ${size(bytes)} that nobody can compress`,
    sparse: `A raw disk of ${size(bytes)} with ${size(data)} of data, an ext4 with files of a Debian, ${size(packed)} as zstd packs it at level 1`,
    qcow2: `A qcow2 of ${size(bytes)} that qemu-img compressed, made from an ext4 with files of a Debian`,
  }[image];
  const ways = directions.map((direction) => waysWords[direction]).join(' and ');
  return `${words}, between hosts in
network namespaces with ${link.words}, ${ways}. The files were
read before, and lie on an ext4 of each host's own. All tools go through the same ssh, and leave a file that is on the disk. The peers get
its default cipher; \`imagectl\`, which goes by its own plan without any configuration, asks for AES-GCM first. Peers that were not among the two fastest in the first round ran once.`;
}

/** The outcome of a race, its bound and its aims. */
export function comparisonOf(
  score: Score,
  race: { link: Link; image: SshImage; made: MadeImage; direction: Direction },
  plans: Plans,
): Comparison {
  const { link, image, made, direction } = race;
  const { bytesPerSecond } = link;
  const least = image === 'dense' ? made.bytes : made.packed;
  return {
    title: `ssh, ${link.words}, ${image}, ${direction}`,
    contenders: score.times,
    ...(bytesPerSecond !== undefined && {
      bound: { seconds: least / bytesPerSecond, what: `${size(least)} at ${link.words}` },
    }),
    aims: bytesPerSecond === undefined || direction === 'between' ? [] : aims[image],
    remarks: [plannedWords(plans, score)],
  };
}

/** Of the JSON that `imagectl plan` prints. */
export function plannedOf(json: string): Planned {
  const { driver, candidates } = JSON.parse(json) as { driver: string; candidates: readonly Planned[] };
  const { reason = '', seconds = NaN } = candidates.find((candidate) => candidate.driver === driver) ?? {};
  return { driver, reason, seconds };
}

function plannedWords({ first: { driver, reason, seconds }, next }: Plans, { times }: Score): string {
  const real = median(times[0]?.seconds ?? []);
  const share = (said: number): string => `${said.toFixed(2)} s expected, ${(said / real).toFixed(2)} of what it took`;
  const learnt = `Once these copies had gone that way it was ${next.driver}, ${share(next.seconds)}.`;
  return `The plan was ${driver}: ${reason}; ${share(seconds)}, on a route where nothing was copied yet. ${learnt}`;
}

function size(bytes: number): string {
  return bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(2)} GiB` : `${Math.round(bytes / 2 ** 20)} MiB`;
}
