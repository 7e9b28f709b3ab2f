import type { OfferContext, TransferRequest } from '@image-api/driver';
import type { Qmp } from '@image-api/qmp';
import type { Settings } from '../../qemu-stream-options.ts';
import { findDisk } from '../vm/find-disk.ts';
import { pullWay } from './pull-way.ts';
import type { PullWay } from './pull-way.ts';

/**
 * What is to be pulled, by the chain that the machine has now.
 *
 * @throws ImageError when the machine has no such disk
 */
export async function findPull(
  qmp: Qmp,
  { from, to }: TransferRequest,
  { env }: Pick<OfferContext, 'env'>,
  { base, into }: Pick<Settings, 'base' | 'into'>,
): Promise<PullWay | { readonly refusal: string }> {
  const { layers } = await findDisk(qmp, to, 'destination');
  // The paths of the caller have no links in them; those of the machine may.
  const real = async (path: string): Promise<string> => (path.startsWith('/') ? env.local.realPath(path).catch(() => path) : path);
  const resolved = await Promise.all(
    layers.map(async (layer) => {
      const filename = await real(layer.storage?.filename ?? layer.filename);
      return layer.storage ? { ...layer, storage: { ...layer.storage, filename } } : { ...layer, filename };
    }),
  );
  return pullWay(resolved, {
    from: from.path,
    base: base === undefined ? undefined : await real(base),
    into: into === undefined ? undefined : await real(into),
  });
}
