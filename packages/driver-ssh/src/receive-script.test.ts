import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { receiveScript } from './receive-script.ts';

const isolated = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'];
const canIsolate = spawnSync(isolated[0] ?? '', [...isolated.slice(1), 'true']).status === 0;
const started: ChildProcess[] = [];
let directory = '';

afterEach(async () => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  await rm(directory, { recursive: true, force: true });
});

/** Takes the lock as it is taken over ssh, lets go of it when the last line has come, and waits for the script to end. */
const lockingScript = `
exec 9>>"$1"
flock -n 9
{ perl -e "$2" -- "$1" mark-1 1 kept; echo "ended with $?"; } <&3 9>&- &
receiver=$!
echo locked
read -r _
exec 9>&-
wait "$receiver"
`;

describe.each([{ where: 'here', before: [] }, ...(canIsolate ? [{ where: 'in a container', before: isolated }] : [])])(
  'what arrives, $where',
  ({ before }) => {
    it('is no longer written when nobody holds the file any more, though the stream is open still', async () => {
      directory = await mkdtemp(join(tmpdir(), 'driver-ssh-receive-'));
      const file = join(directory, 'to.part');
      await writeFile(file, '');
      const words = [...before, 'sh', '-c', lockingScript, 'sh', file, receiveScript];
      const child = spawn('env', words, { stdio: ['pipe', 'pipe', 'pipe', 'pipe'] });
      started.push(child);
      let said = '';
      for (const stream of [child.stdout, child.stderr]) stream?.on('data', (piece: Buffer) => (said += String(piece)));
      await expect.poll(() => said).toContain('locked');
      await new Promise((resolve) => setTimeout(resolve, 1500));
      expect(said).not.toContain('ended');
      child.stdin?.write('\n');
      await once(child, 'close');
      expect(said).toContain('image-api lost');
      expect(said).toContain('ended with 6');
    });
  },
);
