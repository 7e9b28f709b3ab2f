import type { PieceRange } from '../../manifest/zero-pieces.ts';
import type { SwarmState, SwarmStats } from '../swarm-engine.ts';
import type { TorrentAnswers } from './answers.ts';

const verifiedPiece = 2;

/** How an image is doing, from what qBittorrent tells of it. Pure. */
export function swarmStats(
  { info, properties, pieceStates, peers }: TorrentAnswers,
  { size, pieceLength }: { readonly size: number; readonly pieceLength: number },
): SwarmStats {
  const total = Math.ceil(size / pieceLength);
  const missing = missingPieces(pieceStates, total);
  return {
    state: stateOf(info.state),
    size,
    verified: size - bytesIn(missing, size, pieceLength),
    pieces: { verified: total - missing.reduce((sum, [from, to]) => sum + to - from, 0), total },
    missing,
    downloaded: info.downloaded,
    uploaded: info.uploaded,
    wasted: properties?.total_wasted ?? 0,
    downloadRate: info.dlspeed,
    uploadRate: info.upspeed,
    ...(info.availability >= 0 && { availability: info.availability }),
    peers: Object.entries(peers?.peers ?? {}).map(([address, peer]) => ({
      address,
      download: peer.dl_speed,
      upload: peer.up_speed,
      downloaded: peer.downloaded,
      uploaded: peer.uploaded,
      progress: peer.progress,
    })),
  };
}

/** Its names differ from version to version: what is `paused` in one is `stopped` in another. A queue it does not have with us. */
export function stateOf(name: string): SwarmState {
  if (name === 'error' || name === 'missingFiles' || name === 'unknown') return 'failed';
  if (name.startsWith('checking') || name === 'moving' || name === 'allocating') return 'checking';
  if (name.startsWith('paused') || name.startsWith('stopped')) return 'paused';
  return name.endsWith('UP') || name === 'uploading' ? 'seeding' : 'downloading';
}

/** Before they were looked at, all are. */
function missingPieces(states: readonly number[], total: number): readonly PieceRange[] {
  const ranges: [number, number][] = [];
  for (let piece = 0; piece < total; piece += 1) {
    if (states[piece] === verifiedPiece) continue;
    const last = ranges.at(-1);
    if (last?.[1] === piece) last[1] = piece + 1;
    else ranges.push([piece, piece + 1]);
  }
  return ranges;
}

/** The last piece may be shorter. */
function bytesIn(ranges: readonly PieceRange[], size: number, pieceLength: number): number {
  return ranges.reduce((sum, [from, to]) => sum + Math.min(size, to * pieceLength) - from * pieceLength, 0);
}
