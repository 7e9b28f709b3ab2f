/** The formats that can be told from an image's first bytes. */
export type ImageFormat = 'raw' | 'qcow2' | 'vmdk' | 'vhd' | 'vhdx' | 'vdi' | 'qed' | 'iso' | 'gpt' | 'luks';
