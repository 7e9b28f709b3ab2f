import type { Driver, ImageFormat } from '@image-api/driver';
import type { Hosts } from '@image-api/host';
import type { Group } from './conformance-test.ts';
import type { MakeStage } from './stage.ts';

/** What the suite needs to try a driver. */
export interface ConformanceOptions {
  /** Make the driver as a user would. Called for every test; the claims must be the same each time. */
  readonly create: () => Driver;
  /** Put up the two ends of a copy: `stageFiles()`, `stageFiles({ to: { host: 'box' } })`, or one of your own. */
  readonly stage: MakeStage;
  /** The machines. Called once, when the tests begin; closed at the end. Default: `createHosts()`. */
  readonly hosts?: () => Hosts;
  /** The copies go along a route that is `inPlace`: there is no staging file, the driver makes the destination. Default false. */
  readonly inPlace?: boolean;
  /**
   * What every copy is asked to convert to, for a driver that cannot leave bytes as they are on this way. What arrives is then looked at as a
   * guest would, with qemu-img. Default: bytes arrive as they are.
   */
  readonly toFormat?: ImageFormat;
  /** What to try. Default: everything; less where the same driver is tried with everything on another route. */
  readonly groups?: readonly Group[];
  /**
   * How much later than at once bytes begin to move on this route, stop or change their pace when they are told to, and are known to be all
   * there, in milliseconds: where programs on both ends have to find each other, and agree. Whatever is timed is allowed so much more, but for what
   * a cancel may take, and of a limit, so much
   * may come at one go. Default 0, at most 2000: beyond that nothing that is timed proves a thing.
   */
  readonly lagMs?: number;
  /**
   * Tests that are known to fail, by `group: name`, each with the reason. One that passes fails the run, and so does a name the suite
   * does not have: the list can only get shorter.
   */
  readonly knownFailures?: Readonly<Record<string, string>>;
}
