/** What every scenario is given. */
export interface Setting {
  /** A private folder on the filesystem to measure; removed afterwards. */
  readonly folder: string;
  readonly rounds: number;
  /** Data in the image, in MiB; holes come on top. */
  readonly mebibytes: number;
}
