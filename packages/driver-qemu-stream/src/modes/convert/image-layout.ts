import type { ImageFormat } from '@image-api/driver';
import type { CreateOptions } from '@image-api/qmp';

/** How QEMU is to lay out a new image. All are such that a guest sees exactly the size asked for, and what is not written takes no room. */
interface Layout {
  readonly driver: string;
  readonly options?: Readonly<Record<string, string | boolean>>;
  /** Where compressed. Absent: the format cannot be. */
  readonly compressed?: Readonly<Record<string, string | boolean>>;
}

const layouts: Partial<Record<ImageFormat, Layout>> = {
  qcow2: { driver: 'qcow2', compressed: {} },
  vmdk: { driver: 'vmdk', options: { subformat: 'monolithicSparse' }, compressed: { subformat: 'streamOptimized' } },
  vdi: { driver: 'vdi' },
  vhdx: { driver: 'vhdx', options: { subformat: 'dynamic' } },
  vhd: { driver: 'vpc', options: { subformat: 'dynamic', 'force-size': true } },
};

/** What can be made; `raw` needs no making. */
export const formatsMade: readonly ImageFormat[] = ['raw', ...(Object.keys(layouts) as ImageFormat[])];

/** What can be read: what is a disk byte for byte, too, by whatever it holds. */
export const formatsRead: readonly ImageFormat[] = ['raw', 'qcow2', 'vmdk', 'vhd', 'vhdx', 'vdi', 'iso', 'gpt', 'luks'];

export function canCompress(format: ImageFormat): boolean {
  return layouts[format]?.compressed !== undefined;
}

/** What `blockdev-create` is told, to make an image of `size` bytes in the node `file`. `undefined` when there is nothing to make. */
export function creation(format: ImageFormat, file: string, size: number, compress: boolean): CreateOptions['options'] | undefined {
  const layout = layouts[format];
  if (!layout) return undefined;
  return { driver: layout.driver, file, size, ...(compress ? layout.compressed : layout.options) };
}
