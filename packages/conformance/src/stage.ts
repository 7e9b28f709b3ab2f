import type { Endpoint, OfferContext } from '@image-api/driver';
import type { Hosts } from '@image-api/host';
import type { Content } from './content/content.ts';

/** The two ends of one copy, put up for a test. */
export interface Stage {
  /** Where the image is. */
  readonly from: Endpoint;
  /**
   * What the driver is to write to. On a route that is staged: a name beside the destination at which nothing is yet; the suite makes
   * the empty file there, as the core does.
   */
  readonly to: Endpoint;
  /** The destination as a user would have named it. Nothing is there. */
  readonly name: Endpoint;
  /** The machines of the two ends; absent where no host can look. */
  readonly hosts: OfferContext['hosts'];
  /**
   * The files behind the two ends, as paths of this machine, each in a directory of its own: the suite looks at them behind the driver's
   * back. An end that is reached over the network must be served from this machine.
   */
  readonly files: {
    readonly from: string;
    readonly to: string;
    /**
     * Where bytes of the image can be seen before they are at `to`, on a route on which they come to a place of the driver's own first, such as a
     * cache. Nothing need be there yet. They are counted where most of them are. Default: they come to `to` at once.
     */
    readonly before?: readonly string[];
  };
  /**
   * Break what is under way as a fault of the source would, so that it fails and what came is left; resolves with how to mend it. Default: a copy
   * is cut off by cancelling it, for drivers that leave then what came.
   */
  readonly breakSource?: () => Promise<() => Promise<void>>;
  /** Take everything down again. */
  remove(): Promise<void>;
}

/** Put an image at one end, and prepare the other. */
export type MakeStage = (content: Content, hosts: Hosts) => Promise<Stage>;
