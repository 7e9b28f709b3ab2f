import type { ImageFormat } from '@image-api/driver';

/** QEMU's word for each format. What a guest sees byte for byte is raw to it. */
export const qemuFormatNames: Readonly<Record<ImageFormat, string>> = {
  raw: 'raw',
  iso: 'raw',
  gpt: 'raw',
  luks: 'raw',
  qcow2: 'qcow2',
  vmdk: 'vmdk',
  vhd: 'vpc',
  vhdx: 'vhdx',
  vdi: 'vdi',
  qed: 'qed',
};
